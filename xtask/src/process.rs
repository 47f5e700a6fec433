//! Child processes: started in a group of their own, waited for, and stopped by the id they were given.

use std::fmt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::signals;

const GLANCE: Duration = Duration::from_millis(20);

/// A program we ran ended badly after saying why by itself: pass its exit code on.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) what: String,
    pub(crate) code: u8,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed (exit code {})", self.what, self.code)
    }
}

impl std::error::Error for Failed {}

/// A server that runs until it is stopped; dropping it stops it.
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    polite: Signal,
    patience: Duration,
}

impl Server {
    /// `polite` is the signal that makes this program finish its work and leave within `patience`.
    pub(crate) fn spawn(
        name: &'static str,
        command: &mut Command,
        polite: Signal,
        patience: Duration,
    ) -> Result<Self> {
        // Its own group: the terminal's Ctrl-C reaches only us, and we stop everything in order.
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("could not start {name} ({})", command.get_program().display()))?;
        Ok(Self { name, child, polite, patience })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, when it is no longer running.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("could not look after {}", self.name))
    }

    pub(crate) fn stop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        send(self.child.id(), self.polite);
        let deadline = Instant::now() + self.patience;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(GLANCE);
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs a program to its end with our own output; a signal to us ends it too.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<()> {
    let child = command.process_group(0).stdin(Stdio::null());
    let mut child = child.spawn().with_context(|| format!("could not start {what}"))?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            // A test binary that was killed leaves behind what it had started.
            send_group(child.id(), Signal::SIGTERM);
            break status;
        }
        if let Err(interrupted) = signals::check() {
            // The whole group: cargo's rustc and test processes go with it.
            send_group(child.id(), Signal::SIGINT);
            wait_or_kill_group(&mut child);
            return Err(interrupted);
        }
        thread::sleep(GLANCE);
    };
    verdict(what, status)
}

/// Runs a program quietly and gives its stdout; what it said on stderr becomes the error.
pub(crate) fn output(what: &str, command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("could not start {what} ({})", command.get_program().display()))?;
    if !output.status.success() {
        // Ctrl-C reaches it as well as us: that is not its failure.
        signals::check()?;
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{what} failed ({}): {}", output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn verdict(what: &str, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let code = status.code().or_else(|| status.signal().map(|signal| signal.saturating_add(128)));
    let code = code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failed { what: what.to_owned(), code }.into())
}

fn wait_or_kill_group(child: &mut Child) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(GLANCE);
    }
    send_group(child.id(), Signal::SIGKILL);
    drop(child.wait());
}

pub(crate) fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        // An error means that it has ended already.
        let _ended = kill(Pid::from_raw(pid), signal);
    }
}

fn send_group(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ended = kill(Pid::from_raw(pid.saturating_neg()), signal);
    }
}

/// Waits until `ready` says so; an error when the server ends first, time is up or we are interrupted.
pub(crate) fn wait_until(
    server: &mut Server,
    limit: Duration,
    mut ready: impl FnMut() -> bool,
) -> Result<Duration> {
    let begun = Instant::now();
    loop {
        signals::check()?;
        // First whether it lives: what answers on its port may be somebody else.
        if let Some(status) = server.ended()? {
            bail!("{} ended while starting ({status})", server.name());
        }
        if ready() {
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > limit {
            bail!("{} was not ready after {} s", server.name(), limit.as_secs());
        }
        thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Starts a child of its own in the background, which says so when it is asked to end, and leaves it behind.
    const LEAVES_A_CHILD: &str = r#"
        ( trap 'echo asked >"$0"; exit' TERM; : >"$0.begun"; while :; do sleep 0.01; done ) &
        while [ ! -e "$0.begun" ]; do sleep 0.01; done
        exit 3
    "#;

    #[test]
    fn what_a_program_leaves_behind_is_ended_with_it() {
        let said = std::env::temp_dir().join(format!("metropolitan-left-{}", std::process::id()));
        let ended = run("sh", Command::new("sh").args(["-c", LEAVES_A_CHILD]).arg(&said)).unwrap_err();
        assert_eq!(ended.downcast_ref::<Failed>().unwrap().code, 3);
        let deadline = Instant::now() + Duration::from_secs(20);
        while fs::read_to_string(&said).ok().as_deref() != Some("asked\n") {
            assert!(Instant::now() < deadline, "it still runs");
            thread::sleep(GLANCE);
        }
        fs::remove_file(said.with_extension("begun")).unwrap();
        fs::remove_file(&said).unwrap();
    }
}
