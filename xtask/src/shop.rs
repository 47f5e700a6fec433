//! What we build and start: the gateway and the stand-in for Stripe and the tax register, with the environment in which they find each other.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use crate::client::Connection;
use crate::cluster::{free_port, is_free, last_lines};
use crate::install;
use crate::process::{self, Server};
use crate::redis::Memory;
use crate::say;
use crate::site::Site;
use crate::workspace::{self, Profile};

/// Address and password of the first owner of a shop in development.
pub(crate) const OWNER: (&str, &str) = ("owner@example.com", "development only");

pub(crate) const WEBHOOK_SECRET: &str = "whsec_dev";
/// What the shop works on, as at Stripe.
const WEBHOOK_EVENTS: &str = include_str!("../../crates/payment/webhook-events.txt");
const SECRET_KEY: &str = "sk_test_dev";
const PUBLISHABLE_KEY: &str = "pk_test_dev";

/// Cargo's own output is the progress here.
pub(crate) fn build(profile: Profile, packages: &[&str]) -> Result<()> {
    // Whoever needs more has installed it together with these, so that nobody is asked for a password twice.
    install::ensure(&install::TO_BUILD)?;
    let mut command = workspace::cargo();
    command.args(["build", "--bins"]);
    for package in packages {
        command.args(["--package", package]);
    }
    if profile == Profile::Release {
        command.arg("--release");
    }
    say::loud(&format!("build {}", packages.join(" and ")), || process::run("cargo build", &mut command))
}

/// Brings the database's schema up to this checkout's migrations.
pub(crate) fn migrate(profile: Profile, database_url: &str) -> Result<()> {
    let mut command = Command::new(profile.binary("metropolitan"));
    command.arg("migrate").current_dir(workspace::root()).env("DATABASE_URL", database_url);
    say::step("migrate", || process::output("metropolitan migrate", &mut command).map(drop))
}

pub(crate) struct StandIn {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

impl StandIn {
    /// Its webhooks go to the gateway on `http_port`.
    pub(crate) fn start(
        site: &mut Site,
        profile: Profile,
        port: Option<u16>,
        http_port: u16,
        memory: Memory,
    ) -> Result<Self> {
        let port = port.filter(|port| is_free(*port)).map_or_else(free_port, Ok)?;
        let (log, file) = site.log("stripe-sandbox")?;
        let mut command = Command::new(profile.binary("stripe-sandbox"));
        command.args(["--addr", &format!("127.0.0.1:{port}")]);
        if memory == Memory::Kept {
            command.arg("--state").arg(site.folder("stripe")?.join("state.json"));
        }
        command.args(["--webhook-url", &format!("http://127.0.0.1:{http_port}/stripe/webhook")]);
        command.args(["--enabled-events", &WEBHOOK_EVENTS.lines().collect::<Vec<_>>().join(",")]);
        command.args(["--webhook-secret", WEBHOOK_SECRET, "--secret-key", SECRET_KEY]);
        command.args(["--publishable-key", PUBLISHABLE_KEY]);
        command.stdout(file.try_clone()?).stderr(file);
        let mut server =
            Server::spawn("Stripe stand-in", &mut command, Signal::SIGTERM, Duration::from_secs(5))?;
        site.record(&server)?;
        process::wait_until(&mut server, Duration::from_secs(10), || Connection::open(port).is_ok())
            .with_context(|| last_lines(&log))?;
        Ok(Self { server, port })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// What a gateway of ours is started with.
pub(crate) struct GatewaySettings<'a> {
    pub(crate) profile: Profile,
    pub(crate) http_port: u16,
    pub(crate) database_url: &'a str,
    pub(crate) redis_url: &'a str,
    pub(crate) stripe_url: &'a str,
    /// Where it keeps the secrets it makes up.
    pub(crate) dev_dir: &'a Path,
    pub(crate) more: &'a [(&'a str, &'a str)],
    /// Its output goes here instead of to the terminal.
    pub(crate) log: Option<PathBuf>,
}

pub(crate) struct Gateway {
    pub(crate) server: Server,
    /// From the start of the process until it answered that it is ready.
    pub(crate) ready_after: Duration,
}

impl Gateway {
    pub(crate) fn start(site: &mut Site, settings: &GatewaySettings<'_>) -> Result<Self> {
        let mut command = Command::new(settings.profile.binary("metropolitan"));
        command
            .arg("serve")
            .current_dir(workspace::root())
            .env("APP_ENV", "development")
            .env("HTTP_ADDR", format!("127.0.0.1:{}", settings.http_port))
            .env("DATABASE_URL", settings.database_url)
            .env("REDIS_URL", settings.redis_url)
            .env("DEV_DIR", settings.dev_dir)
            .env("STRIPE_API_BASE", settings.stripe_url)
            .env("NIP_API_BASE", format!("{}/tax-register", settings.stripe_url))
            .env("STRIPE_SECRET_KEY", SECRET_KEY)
            .env("STRIPE_PUBLISHABLE_KEY", PUBLISHABLE_KEY)
            .env("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .env("SMS_PROVIDER", "mailbox")
            // The printed session signs somebody up each time it is pasted, always from this machine.
            .env("OTP_LIMITS", "phone:3/15m,global:500/1h")
            .env("ADMIN_BOOTSTRAP_EMAIL", OWNER.0)
            .env("ADMIN_BOOTSTRAP_PASSWORD", OWNER.1)
            .envs(settings.more.iter().copied());
        if let Some(log) = &settings.log {
            let file = std::fs::File::create(log)?;
            command.stdout(file.try_clone()?).stderr(file);
        }
        let mut server =
            Server::spawn("the gateway", &mut command, Signal::SIGTERM, Duration::from_secs(35))?;
        site.record(&server)?;
        let port = settings.http_port;
        let ready_after = process::wait_until(&mut server, Duration::from_secs(45), || is_ready(port))
            .with_context(|| match &settings.log {
                Some(log) => last_lines(log),
                None => "see what it said above".to_owned(),
            })?;
        Ok(Self { server, ready_after })
    }
}

fn is_ready(port: u16) -> bool {
    let ask = || Connection::open(port)?.get("/health/ready", &[]);
    ask().is_ok_and(|answer| answer.status == 200)
}
