//! The command line: `serve`, `check-config`, `migrate`, `openapi`.

use std::{io::Write as _, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    config::{Config, Environment},
    openapi, server,
};

/// The shop's backend.
#[derive(Debug, Parser)]
#[command(name = "metropolitan", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve requests, work off jobs, or both.
    Serve {
        #[arg(long, value_enum, default_value_t = Role::All)]
        role: Role,
    },
    /// Check the configuration and stop.
    CheckConfig,
    /// Bring the database at `DATABASE_URL` up to date.
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
}

/// What a process does: one small machine runs `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    All,
    Web,
    Worker,
}

/// Exit codes: 0 done, 1 failed, 2 wrong configuration or arguments.
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Openapi => say(&openapi::document_json()),
        Command::Migrate => migrate(),
        Command::CheckConfig => configured(|_| say("the configuration is complete")),
        Command::Serve { role } => configured(|config| server::run(config, role)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop { code, message }) => {
            let _ = writeln!(std::io::stderr(), "{message}");
            ExitCode::from(code)
        }
    }
}

/// Why the process ends without success.
#[derive(Debug)]
pub(crate) struct Stop {
    code: u8,
    message: String,
}

impl Stop {
    pub(crate) fn failed(message: impl std::fmt::Display) -> Self {
        Self { code: 1, message: message.to_string() }
    }
}

fn configured(work: impl FnOnce(Config) -> Result<(), Stop>) -> Result<(), Stop> {
    match Config::read(Environment::of_process()) {
        Ok(config) => work(config),
        Err(e) => Err(Stop { code: 2, message: e.to_string() }),
    }
}

fn migrate() -> Result<(), Stop> {
    let url = Environment::of_process()
        .get("DATABASE_URL")
        .ok_or_else(|| Stop { code: 2, message: "DATABASE_URL is missing".to_owned() })?;
    let count = migrations::run(&url).map_err(Stop::failed)?;
    say(&format!("{count} migrations run; the database is up to date"))
}

fn say(text: &str) -> Result<(), Stop> {
    writeln!(std::io::stdout(), "{text}").map_err(Stop::failed)
}
