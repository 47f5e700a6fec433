//! `cargo xtask test` (and `ci`): formatting, lints, the `OpenAPI` document and all tests, against throwaway services.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cluster::{Cluster, THROWAWAY};
use crate::install::{self, Tool};
use crate::redis::{Memory, Redis};
use crate::site::Site;
use crate::workspace::{self, Profile};
use crate::{account, openapi, process, python, say, signals};

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Only this crate (again for more)
    #[arg(short, long = "package", value_name = "CRATE")]
    packages: Vec<String>,
    /// Handed to the tests' runner, for example a part of a test's name
    #[arg(last = true)]
    runner: Vec<String>,
}

/// Its tests start the gateway's binary.
const JOURNEYS: &str = "journeys";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let [make, pkg_config, openssl] = install::TO_BUILD;
    install::ensure(&[make, pkg_config, openssl, Tool::Postgres, Tool::Redis, Tool::Curl])?;
    let whole = arguments.packages.is_empty();
    say::loud("formatting", || process::run("cargo fmt --check", &mut formatting(arguments)))?;
    say::loud("lints", || process::run("cargo clippy", &mut lints(arguments)))?;
    if whole || arguments.packages.iter().any(|package| package == JOURNEYS) {
        say::loud("build", || process::run("cargo build", &mut build(arguments)))?;
    }
    if whole {
        openapi::check(Profile::Dev)?;
    }
    signals::check()?;
    let services = Services::start()?;
    let mut tests = tests(arguments);
    tests.env("TEST_DATABASE_URL", services.postgres.url("")).env("TEST_REDIS_URL", services.redis.url());
    if let Some(path) = python::stripe() {
        tests.env("STRIPE_PYTHONPATH", path);
    }
    say::note("▸ tests");
    // Nothing is said after them: the run closes with the runner's own lines.
    let outcome = process::run("cargo test", &mut tests);
    drop(services);
    outcome
}

fn formatting(arguments: &Arguments) -> Command {
    let mut command = workspace::cargo();
    command.args(["fmt", "--check"]);
    chosen(&mut command, arguments, "--all");
    command
}

fn lints(arguments: &Arguments) -> Command {
    let mut command = workspace::cargo();
    command.arg("clippy");
    chosen(&mut command, arguments, "--workspace");
    command.args(["--all-targets", "--", "-D", "warnings"]);
    command
}

/// The whole workspace with its tests, in one call: cargo then chooses the same features of every dependency as
/// `cargo test` will, and compiles none of them twice.
fn build(arguments: &Arguments) -> Command {
    let mut command = workspace::cargo();
    command.arg("build");
    if arguments.packages.is_empty() {
        command.args(["--workspace", "--all-targets"]);
    } else {
        // Both, as `up` builds them: nothing of it is compiled twice.
        command.args(["--bins", "--package", "gateway", "--package", "sandbox"]);
    }
    command
}

fn tests(arguments: &Arguments) -> Command {
    let mut command = workspace::cargo();
    command.args(["test", "--no-fail-fast"]);
    chosen(&mut command, arguments, "--workspace");
    command.arg("--").args(&arguments.runner);
    // A developer's own settings must not decide what the tests see.
    for name in ["APP_ENV", "DATABASE_URL", "REDIS_URL", "DEV_DIR", "RUST_LOG", "RATE_LIMITS", "MEDIA_STORE"]
    {
        command.env_remove(name);
    }
    command
}

fn chosen(command: &mut Command, arguments: &Arguments, all: &str) {
    if arguments.packages.is_empty() {
        command.arg(all);
    }
    for package in &arguments.packages {
        command.args(["--package", package]);
    }
}

/// `PostgreSQL` and Redis in a directory that goes away with them.
struct Services {
    postgres: Cluster,
    redis: Redis,
    site: Site,
}

impl Services {
    fn start() -> Result<Self> {
        sweep()?;
        let mut site = throwaway_site()?;
        let started = say::step("start PostgreSQL and Redis", || {
            let postgres = Cluster::start(&mut site, None, THROWAWAY)?;
            let redis = Redis::start(&mut site, None, Memory::Forgotten)?;
            Ok((postgres, redis))
        });
        match started {
            Ok((postgres, redis)) => Ok(Self { postgres, redis, site }),
            Err(error) => {
                remove(&site);
                Err(error)
            }
        }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.redis.server.stop();
        self.postgres.server.stop();
        remove(&self.site);
    }
}

fn throwaway_site() -> Result<Site> {
    let dir = workspace::target().join("test-run").join(std::process::id().to_string());
    match Site::take(&dir)? {
        Some(site) => Ok(site),
        None => bail!("{} is in use", dir.display()),
    }
}

fn remove(site: &Site) {
    let gone = account::remove_place(&site.dir().join("postgres")).and_then(|()| {
        fs::remove_dir_all(site.dir()).context("could not remove the test services' directory")
    });
    if let Err(error) = gone {
        say::note(format_args!("{error:#}"));
    }
}

/// Ends and removes what runs before this one left after `kill -9`.
fn sweep() -> Result<()> {
    let Ok(runs) = fs::read_dir(workspace::target().join("test-run")) else { return Ok(()) };
    for run in runs {
        if let Some(site) = Site::take(&run?.path())? {
            remove(&site);
        }
    }
    Ok(())
}
