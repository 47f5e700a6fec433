//! `cargo xtask fuzz`: gives every fuzz target a while.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{process, say, workspace};

/// Of cargo-fuzz; kept with cargo's output, so that nobody's own installation is touched.
const VERSION: &str = "0.13.2";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only this target (again for more)
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let tool = install()?;
    let targets = if arguments.targets.is_empty() { targets()? } else { arguments.targets.clone() };
    for target in &targets {
        let what = format!("fuzz {target} for {} s", arguments.seconds);
        say::loud(&what, || process::run("cargo fuzz", &mut fuzzing(&tool, target, arguments.seconds)))?;
    }
    Ok(())
}

fn tools() -> PathBuf {
    workspace::target().join("tools")
}

/// Builds cargo-fuzz of our version, unless it is there.
fn install() -> Result<PathBuf> {
    let tool = tools().join("bin/cargo-fuzz");
    if !tool.is_file() {
        let mut command = workspace::cargo();
        command.args(["install", "cargo-fuzz", "--version", VERSION, "--locked", "--root"]).arg(tools());
        say::loud("install cargo-fuzz", || process::run("cargo install", &mut command))?;
    }
    Ok(tool)
}

fn targets() -> Result<Vec<String>> {
    let dir = workspace::root().join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&dir).with_context(|| format!("{} cannot be read", dir.display()))? {
        names.extend(entry?.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn fuzzing(tool: &Path, target: &str, seconds: u32) -> Command {
    let mut command = Command::new(tool);
    command.current_dir(workspace::root());
    // Our own code has no `unsafe` to look into, and sanitizers want a nightly compiler.
    command.args(["fuzz", "run", "--sanitizer", "none", target, "--"]);
    command.args([
        format!("-max_total_time={seconds}"),
        "-max_len=4096".to_owned(),
        "-rss_limit_mb=2048".to_owned(),
    ]);
    command
}
