//! GET requests by wrk, which asks faster than anything we would write.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Measured;
use crate::process;

const SCRIPT: &str = include_str!("wrk.lua");

pub(super) struct Load<'a> {
    pub(super) seconds: u64,
    pub(super) connections: u32,
    pub(super) dir: &'a Path,
}

impl Load<'_> {
    /// With `tokens`, each request is another of these customers'.
    pub(super) fn get(&self, port: u16, path: &str, tokens: &[&str]) -> Result<Measured> {
        self.wrk(port, path, tokens, self.seconds)
    }

    /// The same for a moment, so that what is measured afterwards is the running, not the beginning.
    pub(super) fn warm_up(&self, port: u16, path: &str, tokens: &[&str]) -> Result<()> {
        self.wrk(port, path, tokens, self.seconds.min(2)).map(drop)
    }

    fn wrk(&self, port: u16, path: &str, tokens: &[&str], seconds: u64) -> Result<Measured> {
        let script = self.dir.join("wrk.lua");
        fs::write(&script, lua(path, tokens)?)?;
        let mut command = Command::new("wrk");
        command.args(["--threads", "2", "--connections", &self.connections.to_string()]);
        command.args(["--duration", &format!("{seconds}s"), "--timeout", "10s", "--script"]).arg(script);
        command.arg(format!("http://127.0.0.1:{port}"));
        let printed = process::output("wrk", &mut command)?;
        result(&printed).with_context(|| format!("wrk's output has an unknown shape: {printed}"))
    }
}

fn lua(path: &str, tokens: &[&str]) -> Result<String> {
    let mut list = String::new();
    for token in tokens {
        write!(list, "{token:?}, ")?;
    }
    Ok(SCRIPT.replace("{{PATH}}", path).replace("{{TOKENS}}", &list))
}

/// The line that our script's `done` prints; times in microseconds.
fn result(printed: &str) -> Option<Measured> {
    let line = printed.lines().find_map(|line| line.strip_prefix("RESULT "))?;
    let numbers: Vec<u64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
    let &[requests, took, p50, p99, failures] = numbers.as_slice() else { return None };
    Some(Measured {
        requests: u32::try_from(requests).ok()?,
        took: Duration::from_micros(took),
        p50: Duration::from_micros(p50),
        p99: Duration::from_micros(p99),
        failures,
        ..Measured::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_script_is_read() {
        let row = result("Running 1s test\nRESULT 500 1000000 2000 9000 1\n").unwrap();
        assert_eq!((row.requests, row.p99, row.failures), (500, Duration::from_millis(9), 1));
        assert!(result("Requests/sec: 12").is_none());
    }

    #[test]
    fn tokens_become_a_list_of_lua_strings() {
        assert!(lua("/api/me/cart", &["a.b", "c"]).unwrap().contains("{\"a.b\", \"c\", }"));
    }
}
