//! Requests by wrk, which asks faster than anything we would write.

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

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

impl Ask {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), headers: Vec::new(), body: None }
    }

    pub(super) fn post(path: &str, body: String) -> Self {
        let headers = vec![("Content-Type", "application/json".to_owned())];
        Self { method: "POST", path: path.to_owned(), headers, body: Some(body) }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn signed_in(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    fn lua(&self) -> Result<String> {
        let mut headers = String::new();
        for (name, value) in &self.headers {
            write!(headers, "[{}] = {}, ", quoted(name), quoted(value))?;
        }
        let body = self.body.as_deref().map_or_else(|| "nil".to_owned(), quoted);
        Ok(format!("{{{}, {}, {{{headers}}}, {body}}},\n", quoted(self.method), quoted(&self.path)))
    }
}

impl Load<'_> {
    /// Each of the requests in turn, over and over.
    pub(super) fn run(&self, port: u16, asks: &[Ask]) -> Result<Measured> {
        let Wrked { mut measured, refused } = self.wrk(port, asks, self.seconds)?;
        measured.failures += refused;
        Ok(measured)
    }

    /// Of requests that are to be refused, what is not is a failure.
    pub(super) fn run_refused(&self, port: u16, asks: &[Ask]) -> Result<Measured> {
        let Wrked { mut measured, refused } = self.wrk(port, asks, self.seconds)?;
        measured.failures += u64::from(measured.requests).saturating_sub(refused);
        Ok(measured)
    }

    /// The same for a moment, so that what is measured afterwards is the running, not the beginning.
    pub(super) fn warm_up(&self, port: u16, asks: &[Ask]) -> Result<()> {
        self.wrk(port, asks, self.seconds.min(2)).map(drop)
    }

    fn wrk(&self, port: u16, asks: &[Ask], seconds: u64) -> Result<Wrked> {
        let script = self.dir.join("wrk.lua");
        fs::write(&script, lua(asks)?)?;
        let mut command = Command::new("wrk");
        command.args(["--threads", "2", "--connections", &self.connections.to_string()]);
        command.args(["--duration", &format!("{seconds}s"), "--timeout", "10s", "--script"]).arg(script);
        command.arg(format!("http://127.0.0.1:{port}"));
        let printed = process::output("wrk", &mut command)?;
        result(&printed).with_context(|| format!("wrk's output has an unknown shape: {printed}"))
    }
}

fn lua(asks: &[Ask]) -> Result<String> {
    let list = asks.iter().map(Ask::lua).collect::<Result<String>>()?;
    Ok(SCRIPT.replace("{{REQUESTS}}", &list))
}

/// A string of Lua: every byte that could mean something there by its number.
fn quoted(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | 0..32 | 127.. => format!("\\{byte:03}"),
        plain => char::from(plain).to_string(),
    });
    format!("\"{}\"", bytes.collect::<String>())
}

/// What wrk measured, and how often it was answered by a refusal.
struct Wrked {
    measured: Measured,
    refused: u64,
}

/// The line that our script's `done` prints; times in microseconds.
fn result(printed: &str) -> Option<Wrked> {
    let line = printed.lines().find_map(|line| line.strip_prefix("RESULT "))?;
    let numbers: Vec<u64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
    let &[requests, took, p50, p99, failures, refused] = numbers.as_slice() else { return None };
    let measured = Measured {
        requests: u32::try_from(requests).ok()?,
        took: Duration::from_micros(took),
        p50: Duration::from_micros(p50),
        p99: Duration::from_micros(p99),
        failures,
        ..Measured::default()
    };
    Some(Wrked { measured, refused })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_script_is_read() {
        let row = result("Running 1s test\nRESULT 500 1000000 2000 9000 1 3\n").unwrap();
        let Wrked { measured, refused } = row;
        assert_eq!((measured.requests, measured.p99, measured.failures), (500, Duration::from_millis(9), 1));
        assert_eq!(refused, 3);
        assert!(result("Requests/sec: 12").is_none());
    }

    #[test]
    fn requests_become_a_list_in_lua() {
        let asks = [Ask::get("/a?q=%C5%82").signed_in("t"), Ask::post("/b", "{\"q\":\"ł\"}".to_owned())];
        let script = lua(&asks).unwrap();
        assert!(
            script.contains("{\"GET\", \"/a?q=%C5%82\", {[\"Authorization\"] = \"Bearer t\", }, nil},"),
            "{script}"
        );
        assert!(script.contains("\"{\\034q\\034:\\034\\197\\130\\034}\"},"), "{script}");
    }
}
