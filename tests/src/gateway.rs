//! The real binary, started and ended as an operator or a crash would.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use crate::{PATIENCE, Visitor, eventually, free_port, wait::within};

/// A `metropolitan serve` on a port and in a directory of its own.
pub struct Gateway {
    port: u16,
    dir: PathBuf,
    settings: Vec<(String, String)>,
    process: Option<Child>,
}

/// A process that has ended.
#[derive(Debug)]
pub struct Ended {
    /// None when it was killed by a signal.
    pub code: Option<i32>,
    /// What it wrote to standard error.
    pub errors: String,
}

impl Gateway {
    /// Not started yet.
    pub(crate) fn prepared(settings: Vec<(String, String)>) -> Self {
        let dir = std::env::temp_dir().join(testkit::unique("journey"));
        fs::create_dir_all(&dir).unwrap();
        Self { port: free_port(), dir, settings, process: None }
    }

    /// With these settings and no others: nothing is connected to unless they say where.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self::prepared(settings.iter().map(own).collect())
    }

    /// Another instance beside this one: the same settings and secrets, a port of its own. Not started yet.
    #[must_use]
    pub fn twin(&self) -> Self {
        let mut twin = Self::prepared(self.settings.clone());
        twin.set("DEV_DIR", self.dir.join("dev").display().to_string());
        twin
    }

    /// What it holds in memory now, and held at most, in bytes (Linux).
    pub fn memory(&self) -> (u64, u64) {
        let path = format!("/proc/{}/status", self.process.as_ref().unwrap().id());
        let status = fs::read_to_string(path).unwrap();
        let kilobytes = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        (kilobytes("VmRSS:") * 1024, kilobytes("VmHWM:") * 1024)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::of(format!("http://127.0.0.1:{}", self.port))
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.settings.push((name.to_owned(), value.into()));
    }

    /// Starts it, with what it was started with before.
    pub fn spawn(&mut self) {
        self.run(&["serve"]);
    }

    fn run(&mut self, arguments: &[&str]) {
        let binary = binary("metropolitan");
        let log = File::options().create(true).append(true).open(self.dir.join("log")).unwrap();
        // What the process before this one said is not said again.
        let errors = File::create(self.dir.join("errors")).unwrap();
        let mut command = Command::new(&binary);
        // Nothing of the developer's own environment, and no `.env` above the directory it runs in.
        command.args(arguments).current_dir(&self.dir).env_clear();
        command
            .env("HTTP_ADDR", format!("127.0.0.1:{}", self.port))
            .env("DEV_DIR", self.dir.join("dev"))
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        let process = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", binary.display()));
        self.process = Some(process);
    }

    /// Starts it and waits until it wants requests.
    pub async fn start(&mut self) {
        self.spawn();
        let visitor = self.visitor();
        eventually("the gateway is ready", async || {
            assert!(self.is_running(), "the gateway ended: {}{}", self.log(), self.errors());
            let asked = visitor.try_to(reqwest::Method::GET, "/health/ready", None).await;
            asked.ok().filter(|answer| answer.status == 200)
        })
        .await;
    }

    /// Starts it where it may die at once: whether it came to want requests.
    pub async fn starts_or_dies(&mut self) -> bool {
        self.spawn();
        let visitor = self.visitor();
        eventually("the gateway is ready, or dead", async || {
            if !self.is_running() {
                return Some(false);
            }
            let asked = visitor.try_to(reqwest::Method::GET, "/health/ready", None).await;
            asked.ok().filter(|answer| answer.status == 200).map(|_| true)
        })
        .await
    }

    /// Runs another command of the binary to its end.
    pub async fn command(&mut self, arguments: &[&str]) -> Ended {
        self.run(arguments);
        self.ended().await
    }

    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| process.try_wait().unwrap().is_none())
    }

    /// SIGKILL: nothing is tidied up.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// SIGTERM: please end.
    pub fn terminate(&self) {
        let id = self.process.as_ref().unwrap().id();
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> Ended {
        self.ended_within(PATIENCE).await
    }

    /// The same, for what takes its time.
    pub async fn ended_within(&mut self, limit: Duration) -> Ended {
        let ends = async || self.process.as_mut().unwrap().try_wait().unwrap();
        let status: ExitStatus = within(limit, "the gateway ends", ends).await;
        self.process = None;
        Ended { code: status.code(), errors: self.errors() }
    }

    /// The developer's command, for the development directory of this gateway.
    pub fn xtask(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(binary("xtask"));
        command.args(arguments).env_clear().env("DEV_DIR", self.dir.join("dev"));
        let said = command.output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap()
    }

    /// Everything it logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    fn errors(&self) -> String {
        fs::read_to_string(self.dir.join("errors")).unwrap_or_default()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let tail = log.lines().rev().take(40).collect::<Vec<_>>();
            let tail: Vec<_> = tail.into_iter().rev().collect();
            eprintln!("the gateway on {} said:\n{}\n{}", self.port, tail.join("\n"), self.errors());
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Beside the tests, in the same profile: `target/<profile>/<name>`.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let binary = profile.join(name);
    assert!(
        binary.is_file(),
        "{} is missing: build it first: cargo build -p gateway -p xtask",
        binary.display()
    );
    binary
}
