//! What the machine can do at best: a bare route, bare SQL, a bare Redis script.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use super::Measured;
use super::usage::Processes;
use super::wrk::{Ask, Load};
use crate::client::Connection;
use crate::cluster::{self, Cluster, free_port, last_lines};
use crate::install;
use crate::process::{self, Server};
use crate::say;
use crate::site::Site;
use crate::workspace::Profile;

const TABLES: &str = include_str!("floor_tables.sql");
const SELECT: &str = "\\set id random(1, 1000)\nselect code, name, price, stock from item where id = :id;\n";
const UPDATE: &str = "\\set id random(1, 1000)\nupdate item set stock = stock - 1 where id = :id;\n";
const ORDER: &str = include_str!("floor_order.sql");
const CLIENTS: usize = 16;
/// As much as a rate limit does: read a number, compare, write it back with an end.
const REDIS_SCRIPT: &str = "local t = tonumber(redis.call('GET', KEYS[1]) or '0') \
     if t > tonumber(ARGV[1]) then return 0 end \
     redis.call('SET', KEYS[1], t + 1, 'PX', 60000) return 1";
const REDIS_CALLS: &str = "200000";

/// Actix with as many threads as the machine has cores here, answering the same bytes as a route of ours from memory.
pub(super) struct BareRoute {
    /// Stops when it is dropped.
    _server: Server,
    port: u16,
    name: String,
}

impl BareRoute {
    pub(super) fn start(site: &mut Site, bytes: &[u8]) -> Result<Self> {
        let file = site.dir().join(format!("floor-{}.json", bytes.len()));
        fs::write(&file, bytes)?;
        let port = free_port()?;
        let (log, out) = site.log("bench-floor")?;
        let mut command = Command::new(Profile::Release.binary("bench-floor"));
        command.args(["--addr", &format!("127.0.0.1:{port}"), "--workers", "2", "--file"]).arg(&file);
        command.stdout(out.try_clone()?).stderr(out);
        let mut server =
            Server::spawn("the bare route", &mut command, Signal::SIGTERM, Duration::from_secs(5))?;
        site.record(&server)?;
        process::wait_until(&mut server, Duration::from_secs(10), || Connection::open(port).is_ok())
            .with_context(|| last_lines(&log))?;
        Ok(Self { _server: server, port, name: format!("bare actix route, {} bytes", bytes.len()) })
    }

    pub(super) fn measure(&self, load: &Load<'_>) -> Result<Measured> {
        say::step(&format!("{}, {} s", self.name, load.seconds), || {
            let asks = [Ask::get("/floor")];
            load.warm_up(self.port, &asks)?;
            let mut measured = load.run(self.port, &asks)?;
            measured.name.clone_from(&self.name);
            Ok(measured)
        })
    }
}

pub(super) struct Postgres {
    tools: install::Postgres,
    url: String,
    dir: PathBuf,
}

impl Postgres {
    pub(super) fn prepare(cluster: &Cluster, dir: &Path) -> Result<Self> {
        cluster.create_database("floor")?;
        let url = cluster.url("floor");
        cluster::connect(&url)?.batch_execute(TABLES)?;
        let tools = install::Postgres::find().context("PostgreSQL is not installed")?;
        Ok(Self { tools, url, dir: dir.join("pgbench") })
    }

    pub(super) fn select(&self, processes: &Processes, seconds: u64) -> Result<Measured> {
        processes.during("pgbench: select by key", || self.run(SELECT, CLIENTS, seconds))
    }

    pub(super) fn update(&self, processes: &Processes, seconds: u64) -> Result<Measured> {
        processes.during("pgbench: update of one row", || self.run(UPDATE, CLIENTS, seconds))
    }

    pub(super) fn order(&self, processes: &Processes, clients: usize, seconds: u64) -> Result<Measured> {
        let name = format!("pgbench: order-like transaction, {clients} at once");
        processes.during(&name, || self.run(ORDER, clients, seconds))
    }

    fn run(&self, script: &str, clients: usize, seconds: u64) -> Result<Measured> {
        drop(fs::remove_dir_all(&self.dir));
        fs::create_dir_all(&self.dir)?;
        let file = self.dir.join("script.sql");
        fs::write(&file, script)?;
        let mut command = self.tools.program("pgbench");
        command.args(["--no-vacuum", "--protocol=prepared", "--jobs", "2", "--log"]);
        command.args(["--client", &clients.to_string()]);
        command.args(["--time", &seconds.to_string(), "--file"]).arg(&file);
        command.arg("--log-prefix").arg(self.dir.join("times")).arg(&self.url).current_dir(&self.dir);
        process::output("pgbench", &mut command)?;
        let times = self.times()?;
        Ok(Measured::of("", Duration::from_secs(seconds), times, 0))
    }

    /// pgbench logs each transaction: client, number, microseconds, …
    fn times(&self) -> Result<Vec<Duration>> {
        let mut times = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("times")) {
                continue;
            }
            let log = fs::read_to_string(&path)?;
            let micros = log.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok());
            times.extend(micros.map(Duration::from_micros));
        }
        Ok(times)
    }
}

pub(super) fn redis_script(port: u16) -> Result<Measured> {
    let mut command = Command::new("redis-benchmark");
    command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-n", REDIS_CALLS, "-c", &CLIENTS.to_string()]);
    command.args(["-r", "1000", "--csv", "eval", REDIS_SCRIPT, "1", "floor:__rand_int__", "1000000"]);
    let printed = process::output("redis-benchmark", &mut command)?;
    let line = printed.lines().rfind(|line| line.starts_with('"')).unwrap_or_default();
    redis_result(line).with_context(|| format!("redis-benchmark's output has an unknown shape: {printed}"))
}

/// `"eval …","rps","avg","min","p50","p95","p99","max"`, milliseconds; the script may hold commas itself.
fn redis_result(line: &str) -> Option<Measured> {
    let fields: Vec<f64> =
        line.rsplit(',').take(7).filter_map(|field| field.trim_matches('"').parse().ok()).collect();
    let &[_max, p99, _p95, p50, _min, _average, per_second] = fields.as_slice() else { return None };
    let requests: u32 = REDIS_CALLS.parse().ok()?;
    Some(Measured {
        name: "redis script call".to_owned(),
        requests,
        took: Duration::try_from_secs_f64(f64::from(requests) / per_second).ok()?,
        p50: Duration::try_from_secs_f64(p50 / 1000.0).ok()?,
        p99: Duration::try_from_secs_f64(p99 / 1000.0).ok()?,
        ..Measured::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redis_benchmark_s_last_line_is_read_from_its_end() {
        let row = redis_result(r#""eval a, 'b'","50000.00","0.2","0.1","0.15","0.3","0.5","1.0""#).unwrap();
        assert_eq!(
            (row.took, row.p50, row.p99),
            (Duration::from_secs(4), Duration::from_micros(150), Duration::from_micros(500))
        );
    }
}
