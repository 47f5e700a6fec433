//! A PostgreSQL of a test's own, which may be stopped, restarted and paused.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, User, geteuid},
};

pub struct Postgres {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// A fresh one, which knows only itself.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, or does not come up within half a minute.
    #[must_use]
    pub fn start() -> Self {
        let data = std::env::temp_dir().join(crate::unique("postgres"));
        fs::create_dir_all(&data).unwrap_or_else(|e| panic!("{e}"));
        if let Some(user) = unprivileged() {
            chown(&data, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap_or_else(|e| panic!("{e}"));
        }
        let mut postgres = Self { programs: programs(), data, port: crate::free_port(), server: None };
        let mut initdb = postgres.program("initdb");
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        let made = initdb.arg("--pgdata").arg(&postgres.data).stdout(Stdio::null()).status();
        assert!(made.is_ok_and(|status| status.success()), "initdb");
        postgres.start_again();
        postgres
    }

    /// The server's address, without a database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}", self.port)
    }

    /// On the data it had.
    pub fn start_again(&mut self) {
        let mut command = self.program("postgres");
        command.arg("-D").arg(&self.data).args(["-p", &self.port.to_string()]);
        for setting in
            ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=200"]
        {
            command.args(["-c", setting]);
        }
        let server = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.server = Some(server.unwrap_or_else(|e| panic!("postgres: {e}")));
        let begun = Instant::now();
        let answers = || {
            let mut ready = self.program("pg_isready");
            ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            ready.status().is_ok_and(|status| status.success())
        };
        while !answers() {
            assert!(begun.elapsed() < Duration::from_secs(30), "PostgreSQL does not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// `pg_ctl stop -m immediate`: as a crash would; the log is played back at the next start.
    pub fn stop_immediately(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = kill(pid(&server), Signal::SIGQUIT);
            let _ = server.wait();
        }
    }

    /// Every process of it stands still, and answers nothing.
    pub fn pause(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub fn go_on(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// The postmaster first: it makes no more of those that follow.
    fn signal(&self, signal: Signal) {
        let Some(server) = &self.server else { return };
        let postmaster = pid(server);
        let _ = kill(postmaster, signal);
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
        for child in children.unwrap_or_default().split_whitespace().filter_map(|id| id.parse().ok()) {
            let _ = kill(Pid::from_raw(child), signal);
        }
    }

    /// One of PostgreSQL's programs, as somebody it does not refuse.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        if let Some(user) = unprivileged() {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command.current_dir("/");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.go_on();
        self.stop_immediately();
        let _ = fs::remove_dir_all(&self.data);
    }
}

fn pid(process: &Child) -> Pid {
    Pid::from_raw(i32::try_from(process.id()).unwrap_or(i32::MAX))
}

/// Whom PostgreSQL runs as when we are root, whom it refuses.
fn unprivileged() -> Option<User> {
    let root = geteuid().is_root();
    root.then(|| {
        User::from_name("postgres").ok().flatten().unwrap_or_else(|| panic!("there is no account postgres"))
    })
}

/// Where Debian puts them, the newest version; elsewhere they are on the path.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| Path::new("").to_owned())
}
