//! The developer's command: `cargo xtask up|test|ci|migrate|seed|keys|openapi|bench|fuzz`.

mod account;
mod bench;
mod client;
mod cluster;
mod dev_state;
mod fuzz;
mod hash;
mod install;
mod keys;
mod openapi;
mod process;
mod python;
mod redis;
mod say;
mod seed;
mod session;
mod shop;
mod signals;
mod site;
mod suite;
mod up;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::process::Failed;
use crate::signals::Interrupted;
use crate::workspace::Profile;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The developer's command of Metropolitan")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what is missing, start private services, migrate, seed, build and serve until Ctrl-C
    Up(up::Arguments),
    /// Formatting, lints, docs/openapi.json and all tests, against throwaway services
    Test(suite::Arguments),
    /// What CI runs: the same as `test`
    Ci,
    /// Bring the development database's schema up to date
    Migrate(DatabaseArguments),
    /// Fill the catalogue and its stock; rows that exist are left alone
    Seed(seed::Arguments),
    /// The keys that sign access tokens
    Keys(keys::Arguments),
    /// Write docs/openapi.json from the code
    Openapi(openapi::Arguments),
    /// Measure the release build beside what the machine can do at best
    Bench(bench::Arguments),
    /// Feed each fuzz target for a minute
    Fuzz(fuzz::Arguments),
}

#[derive(Debug, clap::Args)]
struct DatabaseArguments {
    /// Another database than that of the development services
    #[arg(long)]
    database_url: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = signals::listen().and_then(|()| perform(arguments.task));
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    if let Some(interrupted) = error.downcast_ref::<Interrupted>() {
        return ExitCode::from(interrupted.exit_code());
    }
    if let Some(failed) = error.downcast_ref::<Failed>() {
        // It said what is wrong by itself, last.
        return ExitCode::from(failed.code);
    }
    say::note(format_args!("{error:#}"));
    ExitCode::FAILURE
}

fn perform(task: Task) -> Result<()> {
    match task {
        Task::Up(arguments) => up::run(&arguments),
        Task::Test(arguments) => suite::run(&arguments),
        Task::Ci => suite::run(&suite::Arguments::default()),
        Task::Migrate(arguments) => migrate(arguments),
        Task::Seed(arguments) => seed::run(arguments),
        Task::Keys(arguments) => keys::run(&arguments),
        Task::Openapi(arguments) => openapi::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
    }
}

fn migrate(arguments: DatabaseArguments) -> Result<()> {
    let url = dev_state::database_url(arguments.database_url)?;
    shop::build(Profile::Dev, &["gateway"])?;
    shop::migrate(Profile::Dev, &url)
}
