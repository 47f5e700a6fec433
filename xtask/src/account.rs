//! Whom `PostgreSQL` runs as: it refuses root, so root lends it an unprivileged account and a place that account can reach.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::unistd::{User, geteuid};

/// The debian package makes `postgres`, Homebrew on a Mac `_postgres`; `nobody` is everywhere.
const UNPRIVILEGED: [&str; 3] = ["postgres", "_postgres", "nobody"];

#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    uid: u32,
    gid: u32,
    lent: bool,
}

impl Account {
    pub(crate) fn for_postgres() -> Result<Self> {
        let own = geteuid();
        if !own.is_root() {
            return Ok(Self { uid: own.as_raw(), gid: nix::unistd::getegid().as_raw(), lent: false });
        }
        for name in UNPRIVILEGED {
            if let Some(user) = User::from_name(name).context("could not read the accounts")? {
                return Ok(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw(), lent: true });
            }
        }
        bail!(
            "PostgreSQL refuses to run as root, and none of these accounts exists: {}",
            UNPRIVILEGED.join(", ")
        )
    }

    /// Makes the command run as this account; the system drops root's other groups with it.
    pub(crate) fn runs(self, command: &mut Command) -> &mut Command {
        if self.lent { command.gid(self.gid).uid(self.uid) } else { command }
    }

    fn reaches(self, dir: &Path) -> bool {
        let mut probe = Command::new("/bin/sh");
        probe.args(["-c", "cd \"$1\" && test -w . ", "probe"]).arg(dir);
        let status = self.runs(&mut probe).current_dir("/").stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    /// The directory for `PostgreSQL`'s data, made and owned: `wanted` itself, or, where the account cannot get to it
    /// (a checkout below root's 0700 home), one under /var/tmp that is always the same for the same `wanted`.
    pub(crate) fn place(self, wanted: &Path) -> Result<PathBuf> {
        if let Some(dir) = self.own_directory(wanted)? {
            return Ok(dir);
        }
        // Left empty, it would look like data.
        drop(fs::remove_dir(wanted));
        let elsewhere = elsewhere(wanted);
        match self.own_directory(&elsewhere)? {
            Some(dir) => Ok(dir),
            None => bail!("{} cannot be used by the account PostgreSQL runs as", elsewhere.display()),
        }
    }

    fn own_directory(self, dir: &Path) -> Result<Option<PathBuf>> {
        let problem = || format!("could not make {}", dir.display());
        if let Some(parent) = dir.parent() {
            fs::create_dir_all(parent).with_context(problem)?;
        }
        let made = match fs::create_dir(dir) {
            Ok(()) => true,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(error).with_context(problem),
        };
        // A directory we find may have been put there by somebody else (/var/tmp is everybody's): never adopt it.
        let found = fs::symlink_metadata(dir).with_context(problem)?;
        if !made && (!found.is_dir() || found.uid() != self.uid) {
            bail!("{} exists and is not ours: remove it, or run as the one who made it", dir.display());
        }
        if made {
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).with_context(problem)?;
            if self.lent {
                chown(dir, Some(self.uid), Some(self.gid)).with_context(problem)?;
            }
        }
        Ok(self.reaches(dir).then(|| dir.to_path_buf()))
    }
}

fn elsewhere(wanted: &Path) -> PathBuf {
    let name = wanted.to_string_lossy();
    PathBuf::from(format!("/var/tmp/metropolitan-{:016x}", crate::hash::fnv1a(name.as_bytes())))
}

/// Removes the data, wherever `place` would have put it.
pub(crate) fn remove_place(wanted: &Path) -> Result<()> {
    for dir in [wanted.to_path_buf(), elsewhere(wanted)] {
        if dir.exists() {
            fs::remove_dir_all(&dir).with_context(|| format!("could not remove {}", dir.display()))?;
        }
    }
    Ok(())
}
