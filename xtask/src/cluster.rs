//! A private `PostgreSQL`: made once in a directory of ours, listening on the loopback address only.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use postgres::{Client, NoTls};

use crate::account::{self, Account};
use crate::install::Postgres;
use crate::process::{self, Server};
use crate::site::Site;
use crate::{say, signals};

/// The superuser; trusted from the loopback address, where only this machine's users can be.
pub(crate) const USER: &str = "metropolitan";

/// For data that is thrown away with the run: nothing is worth an fsync.
pub(crate) const THROWAWAY: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=300",
    "shared_buffers=128MB",
    "max_wal_size=2GB",
    "jit=off",
];

pub(crate) struct Cluster {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

impl Cluster {
    /// Starts it on `port` when that is free, else on another one; makes the data directory when there is none.
    pub(crate) fn start(site: &mut Site, port: Option<u16>, settings: &[&str]) -> Result<Self> {
        let account = Account::for_postgres()?;
        let (tools, data) = prepare_data(site, account)?;
        let mut attempt = 0;
        loop {
            // After a crash the old server's children may hold the data for a moment; and a free port can be taken
            // by somebody between our look and PostgreSQL's.
            let port = port.filter(|port| attempt == 0 && is_free(*port)).map_or_else(free_port, Ok)?;
            match Self::launch(site, &tools, account, &data, port, settings) {
                Ok(cluster) => return Ok(cluster),
                Err(error) if attempt >= 3 => return Err(error),
                Err(_) => attempt += 1,
            }
            signals::check()?;
            thread::sleep(Duration::from_secs(1));
        }
    }

    fn launch(
        site: &mut Site,
        tools: &Postgres,
        account: Account,
        data: &Path,
        port: u16,
        settings: &[&str],
    ) -> Result<Self> {
        let (log, file) = site.log("postgres")?;
        let mut command = tools.program("postgres");
        command.arg("-D").arg(data).args(["-p", &port.to_string()]).current_dir(data);
        // No socket file: TCP is enough, and a socket's path below a deep checkout exceeds the system's 107 bytes.
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories="].iter().chain(settings) {
            command.args(["-c", setting]);
        }
        command.stdout(file.try_clone()?).stderr(file);
        let account_command = account.runs(&mut command);
        let mut server =
            Server::spawn("PostgreSQL", account_command, Signal::SIGINT, Duration::from_secs(20))?;
        site.record(&server)?;
        process::wait_until(&mut server, Duration::from_mins(1), || connect(&url(port, "postgres")).is_ok())
            .with_context(|| last_lines(&log))?;
        Ok(Self { server, port })
    }

    pub(crate) fn url(&self, database: &str) -> String {
        url(self.port, database)
    }

    pub(crate) fn create_database(&self, name: &str) -> Result<()> {
        let mut client = connect(&self.url("postgres"))?;
        let exists = client.query_opt("select 1 from pg_database where datname = $1", &[&name])?;
        if exists.is_none() {
            client.batch_execute(&format!("create database {name}"))?;
        }
        Ok(())
    }
}

fn url(port: u16, database: &str) -> String {
    format!("postgres://{USER}@127.0.0.1:{port}/{database}")
}

pub(crate) fn connect(url: &str) -> Result<Client> {
    let mut config: postgres::Config = url.parse().context("this is no address of a PostgreSQL database")?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    config.application_name("xtask").connect(NoTls).context("PostgreSQL does not answer")
}

/// The data directory and the programs that can read it.
fn prepare_data(site: &Site, account: Account) -> Result<(Postgres, PathBuf)> {
    let wanted = site.dir().join("postgres");
    // Written after initdb was through: half a directory is made anew.
    let made = site.dir().join("postgres.version");
    if let Ok(version) = fs::read_to_string(&made) {
        let Some(tools) = version.trim().parse().ok().and_then(Postgres::of_major) else {
            bail!(
                "the development data was made by PostgreSQL {}, which is not installed any more: install it, or drop \
                 the data with `cargo xtask up --fresh`",
                version.trim()
            );
        };
        let data = account.place(&wanted)?;
        if data.join("PG_VERSION").is_file() {
            remove_stale_lock(&data)?;
            return Ok((tools, data));
        }
    }
    account::remove_place(&wanted)?;
    let Some(tools) = Postgres::find() else { bail!("PostgreSQL is not installed") };
    let data = account.place(&wanted)?;
    if data != wanted {
        say::note(format_args!(
            "PostgreSQL cannot run as root and its account cannot reach {}; its data goes to {}",
            wanted.display(),
            data.display()
        ));
    }
    initdb(&tools, account, &data)?;
    fs::write(&made, tools.major.to_string())?;
    Ok((tools, data))
}

fn initdb(tools: &Postgres, account: Account, data: &Path) -> Result<()> {
    let run = |locale: &str| {
        let mut command = tools.program("initdb");
        command.arg("--pgdata").arg(data).args([
            "--username",
            USER,
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        ]);
        command.arg(format!("--locale={locale}")).current_dir(data);
        process::output("initdb", account.runs(&mut command))
    };
    // The same order of characters on every machine; macOS has no C.UTF-8 before version 15.
    run("C.UTF-8").or_else(|_| signals::check().and_then(|()| run("C")))?;
    Ok(())
}

/// After `kill -9` (of `PostgreSQL`, or of the machine) its pid file names a process that is gone or is somebody else's by
/// now; `PostgreSQL` would refuse to start in the second case. Our own servers have been ended by `Site::take` already.
fn remove_stale_lock(data: &Path) -> Result<()> {
    let lock = data.join("postmaster.pid");
    // Where nobody can tell whose process it is, PostgreSQL's own check is the better judge.
    if !Path::new("/proc/self").exists() {
        return Ok(());
    }
    let Ok(text) = fs::read_to_string(&lock) else { return Ok(()) };
    let pid = text.lines().next().unwrap_or_default().trim();
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command);
    if command.contains(&*data.to_string_lossy()) {
        bail!("PostgreSQL (process {pid}) still uses {}: stop it first", data.display());
    }
    fs::remove_file(&lock).with_context(|| format!("could not remove {}", lock.display()))
}

pub(crate) fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.get(lines.len().saturating_sub(6)..).unwrap_or_default().join("\n  ");
    format!("the end of {}:\n  {last}", log.display())
}

pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
    Ok(listener.local_addr()?.port())
}

pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
