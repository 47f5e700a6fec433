//! A directory that one run of ours owns: locked while we live, with a record of the processes started in it, so that
//! what an earlier run left behind after `kill -9` can be found and ended.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::process::{Server, send};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Recorded {
    name: String,
    pid: u32,
    /// Tells our process from a later one that was given the same id.
    born: String,
}

pub(crate) struct Site {
    dir: PathBuf,
    processes: Vec<Recorded>,
    _lock: File,
}

impl Site {
    /// `None` when another run owns the directory.
    pub(crate) fn take(dir: &Path) -> Result<Option<Self>> {
        fs::create_dir_all(dir).with_context(|| format!("could not make {}", dir.display()))?;
        let mut lock = File::options()
            .create(true)
            .append(true)
            .open(dir.join("lock"))
            .with_context(|| format!("could not open the lock in {}", dir.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        lock.set_len(0)?;
        write!(lock, "{}", std::process::id())?;
        end_leftovers(dir)?;
        Ok(Some(Self { dir: dir.to_path_buf(), processes: Vec::new(), _lock: lock }))
    }

    /// The process that owns a directory which could not be taken.
    pub(crate) fn owner(dir: &Path) -> Option<String> {
        fs::read_to_string(dir.join("lock")).ok().filter(|pid| !pid.is_empty())
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A folder of its own below the site.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.dir.join(name);
        fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
        Ok(folder)
    }

    /// A fresh file for what a server says.
    pub(crate) fn log(&self, name: &str) -> Result<(PathBuf, File)> {
        let path = self.folder("logs")?.join(format!("{name}.log"));
        let file = File::create(&path).with_context(|| format!("could not write {}", path.display()))?;
        Ok((path, file))
    }

    pub(crate) fn record(&mut self, server: &Server) -> Result<()> {
        if let Some(born) = born(server.pid()) {
            self.processes.push(Recorded { name: server.name().to_owned(), pid: server.pid(), born });
        }
        fs::write(record_file(&self.dir), serde_json::to_vec_pretty(&self.processes)?)
            .context("could not record the processes started")
    }

    /// Forgets the processes: all of them have been stopped.
    pub(crate) fn forget(&mut self) {
        self.processes.clear();
        drop(fs::remove_file(record_file(&self.dir)));
    }
}

/// Empties a directory that we own, but keeps the lock we hold on it.
pub(crate) fn empty(site: &Site) -> Result<()> {
    for entry in fs::read_dir(site.dir())? {
        let entry = entry?;
        if entry.file_name() == "lock" {
            continue;
        }
        let path = entry.path();
        let gone =
            if entry.file_type()?.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        gone.with_context(|| format!("could not remove {}", path.display()))?;
    }
    Ok(())
}

fn record_file(dir: &Path) -> PathBuf {
    dir.join("processes.json")
}

fn end_leftovers(dir: &Path) -> Result<()> {
    let file = record_file(dir);
    let Ok(text) = fs::read(&file) else { return Ok(()) };
    // A record cut short by a crash says nothing reliable.
    let left: Vec<Recorded> = serde_json::from_slice(&text).unwrap_or_default();
    // The last one started leans on those before it.
    for process in left.iter().rev() {
        end(process);
    }
    fs::remove_file(&file).with_context(|| format!("could not remove {}", file.display()))
}

fn end(process: &Recorded) {
    let still_ours = || born(process.pid).as_deref() == Some(process.born.as_str());
    if !still_ours() {
        return;
    }
    // PostgreSQL takes SIGTERM as "wait for the clients"; SIGINT is its fast way.
    let polite = if process.name == "PostgreSQL" { Signal::SIGINT } else { Signal::SIGTERM };
    send(process.pid, polite);
    let deadline = Instant::now() + Duration::from_secs(10);
    while still_ours() {
        if Instant::now() > deadline {
            send(process.pid, Signal::SIGKILL);
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// When a process was started, in whatever words the system has for it; `None` when there is no such process.
fn born(pid: u32) -> Option<String> {
    let raw = i32::try_from(pid).ok()?;
    kill(Pid::from_raw(raw), None).ok()?;
    if let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) {
        return start_ticks(&stat);
    }
    let said = Command::new("ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Field 22 of `/proc/<pid>/stat`; the name in field 2 may hold spaces and brackets, so count from the last bracket.
/// A zombie has ended: it has no start any more.
fn start_ticks(stat: &str) -> Option<String> {
    let rest = stat.rsplit_once(')')?.1;
    let mut fields = rest.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_process_is_read_past_a_name_with_brackets() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 10 11";
        assert_eq!(start_ticks(stat).as_deref(), Some("987654"));
        assert_eq!(start_ticks(&stat.replace(" S ", " Z ")), None);
    }

    #[test]
    fn our_own_birth_is_known_and_a_free_id_has_none() {
        assert!(born(std::process::id()).is_some());
        assert_eq!(born(u32::MAX), None);
    }

    #[test]
    fn a_site_is_taken_once_and_again_after_it_was_left() {
        let dir = std::env::temp_dir().join(format!("metropolitan-site-{}", std::process::id()));
        let site = Site::take(&dir).unwrap().unwrap();
        assert!(Site::take(&dir).unwrap().is_none());
        assert_eq!(Site::owner(&dir), Some(std::process::id().to_string()));
        drop(site);
        assert!(Site::take(&dir).unwrap().is_some());
        fs::remove_dir_all(&dir).unwrap();
    }
}
