//! The programs we start but did not build: found where systems keep them, or installed by the system's own installer.

use std::env;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::unistd::geteuid;

use crate::{say, signals};

const OLDEST_POSTGRES: u32 = 15;
const INSTALL_DEBIAN: &str = include_str!("install_debian.sh");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Postgres,
    Redis,
    Curl,
    Wrk,
    /// What the gateway's allocator is built by.
    Make,
    /// What the build finds OpenSSL by.
    PkgConfig,
    /// The headers that the SDK of Twilio is built against.
    OpenSsl,
}

/// What compiling the workspace takes besides Rust.
pub(crate) const TO_BUILD: [Tool; 3] = [Tool::Make, Tool::PkgConfig, Tool::OpenSsl];

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL 15 or newer",
            Self::Redis => "Redis",
            Self::Curl => "curl",
            Self::Wrk => "wrk",
            Self::Make => "make",
            Self::PkgConfig => "pkg-config",
            Self::OpenSsl => "OpenSSL's headers",
        }
    }

    fn debian(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Redis => "redis-server",
            Self::Curl => "curl",
            Self::Wrk => "wrk",
            Self::Make => "make",
            Self::PkgConfig => "pkg-config",
            Self::OpenSsl => "libssl-dev",
        }
    }

    fn homebrew(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql@17",
            Self::Redis => "redis",
            Self::Curl => "curl",
            Self::Wrk => "wrk",
            Self::Make => "make",
            Self::PkgConfig => "pkgconf",
            Self::OpenSsl => "openssl@3",
        }
    }

    fn present(self) -> bool {
        match self {
            Self::Postgres => Postgres::find().is_some(),
            Self::Redis => find_program("redis-server").is_some(),
            Self::Curl => find_program("curl").is_some(),
            Self::Wrk => find_program("wrk").is_some(),
            Self::Make => find_program("make").is_some(),
            // On macOS the build looks where Homebrew puts OpenSSL, and asks nobody.
            Self::PkgConfig => openssl_is_told() || cfg!(target_os = "macos") || pkg_config().is_some(),
            Self::OpenSsl => openssl_is_told() || openssl_headers().iter().any(|header| header.is_file()),
        }
    }
}

/// Whoever says where it is has it.
fn openssl_is_told() -> bool {
    env::var_os("OPENSSL_DIR").is_some()
}

fn pkg_config() -> Option<PathBuf> {
    env::var_os("PKG_CONFIG").map(PathBuf::from).or_else(|| find_program("pkg-config"))
}

fn openssl_headers() -> Vec<PathBuf> {
    let kegs = HOMEBREW.iter().flat_map(|prefix| {
        let opt = Path::new(prefix).join("opt");
        [opt.join("openssl@3"), opt.join("openssl")]
    });
    let places = kegs.chain(["/usr".into(), "/usr/local".into()]);
    places.map(|place| place.join("include/openssl/ssl.h")).collect()
}

/// `PostgreSQL`'s own programs: one directory, one version.
#[derive(Debug, Clone)]
pub(crate) struct Postgres {
    pub(crate) dir: PathBuf,
    pub(crate) major: u32,
}

impl Postgres {
    /// The newest that is new enough; of two the one found first, for a link on the PATH may lack the other programs.
    pub(crate) fn find() -> Option<Self> {
        Self::installed().into_iter().rev().max_by_key(|found| found.major)
    }

    /// The one that can read a data directory of that version.
    pub(crate) fn of_major(major: u32) -> Option<Self> {
        Self::installed().into_iter().find(|found| found.major == major)
    }

    pub(crate) fn program(&self, name: &str) -> Command {
        Command::new(self.dir.join(name))
    }

    fn installed() -> Vec<Self> {
        postgres_dirs().into_iter().filter_map(|dir| Self::at(&dir)).collect()
    }

    fn at(dir: &Path) -> Option<Self> {
        let server = dir.join("postgres");
        if !server.is_file() || !dir.join("initdb").is_file() {
            return None;
        }
        let said = Command::new(server).arg("--version").output().ok()?;
        let major = major_version(&String::from_utf8_lossy(&said.stdout))?;
        (major >= OLDEST_POSTGRES).then(|| Self { dir: dir.to_path_buf(), major })
    }
}

/// The 15 of `postgres (PostgreSQL) 15.18`.
fn major_version(said: &str) -> Option<u32> {
    let version = said.split_once("(PostgreSQL) ")?.1;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn postgres_dirs() -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> =
        entries("/usr/lib/postgresql").into_iter().map(|at| at.join("bin")).collect();
    for prefix in HOMEBREW {
        let kegs = entries(&format!("{prefix}/opt"));
        let ours =
            |at: &PathBuf| at.file_name().is_some_and(|n| n.to_string_lossy().starts_with("postgresql"));
        dirs.extend(kegs.into_iter().filter(ours).map(|at| at.join("bin")));
    }
    dirs.extend(path_dirs());
    dirs
}

const HOMEBREW: [&str; 3] = ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"];

fn entries(dir: &str) -> Vec<PathBuf> {
    let listing = std::fs::read_dir(dir).into_iter().flatten();
    listing.flatten().map(|entry| entry.path()).collect()
}

fn path_dirs() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = env::split_paths(&path).collect();
    dirs.extend(HOMEBREW.iter().map(|prefix| Path::new(prefix).join("bin")));
    dirs.push("/usr/sbin".into());
    dirs
}

pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    path_dirs().into_iter().map(|dir| dir.join(name)).find(|at| at.is_file())
}

/// Makes sure that the tools are there, installing what is missing.
pub(crate) fn ensure(wanted: &[Tool]) -> Result<()> {
    let missing = missing_of(wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|tool| tool.name()).collect();
    say::note(format_args!("Missing here: {}.", names.join(", ")));
    let tried = match installer(&missing) {
        Some(mut command) => say::loud("install what is missing", || {
            // Not through `process::run`: sudo asks for the password on the terminal, in our own group.
            let status = command.status().context("could not start the installer")?;
            if !status.success() {
                bail!("the installer ended with {status}");
            }
            Ok(())
        }),
        None => Ok(()),
    };
    signals::check()?;
    if let Err(error) = &tried {
        say::note(format_args!("{error:#}"));
    }
    let still = missing_of(&missing);
    if still.is_empty() { Ok(()) } else { bail!(advice(&still)) }
}

fn missing_of(wanted: &[Tool]) -> Vec<Tool> {
    wanted.iter().copied().filter(|tool| !tool.present()).collect()
}

fn installer(missing: &[Tool]) -> Option<Command> {
    if find_program("apt-get").is_some() {
        let mut command = if geteuid().is_root() {
            Command::new("/bin/sh")
        } else {
            let mut sudo = Command::new(find_program("sudo")?);
            if !io::stdin().is_terminal() {
                sudo.arg("-n").stdin(Stdio::null());
            }
            sudo.arg("/bin/sh");
            sudo
        };
        command.args(["-c", INSTALL_DEBIAN, "install_debian.sh"]);
        command.args(missing.iter().map(|tool| tool.debian()));
        return Some(command);
    }
    let mut command = Command::new(find_program("brew")?);
    command.arg("install").args(missing.iter().map(|tool| tool.homebrew()));
    Some(command)
}

fn advice(missing: &[Tool]) -> String {
    let list = |word: fn(Tool) -> &'static str, between: &str| {
        missing.iter().map(|tool| word(*tool)).collect::<Vec<_>>().join(between)
    };
    let mut text = format!(
        "{} could not be installed from here. Install by hand:\n  Debian, Ubuntu:  apt-get install {}\n  macOS:           \
         brew install {}",
        list(Tool::name, " and "),
        list(Tool::debian, " "),
        list(Tool::homebrew, " "),
    );
    if missing.iter().any(|tool| matches!(tool, Tool::Postgres | Tool::Redis)) {
        text.push_str(
            "\nor use servers of your own:\n  cargo xtask up --database-url postgres://user:password@host/database \
             --redis-url redis://host:6379",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_version("postgres: command not found"), None);
    }

    #[test]
    fn advice_names_the_packages_and_the_two_flags() {
        let text = advice(&[Tool::Postgres, Tool::Redis]);
        for word in
            ["apt-get install postgresql redis-server", "brew install", "--database-url", "--redis-url"]
        {
            assert!(text.contains(word), "{word} is missing in: {text}");
        }
        assert!(!advice(&[Tool::Wrk]).contains("--database-url"));
        assert!(advice(&TO_BUILD).contains("apt-get install make pkg-config libssl-dev"));
    }
}
