//! `cargo xtask openapi`: the document that the code describes, kept in docs/ so that a change of the API is seen in review.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Profile};
use crate::{process, say, shop};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only say whether docs/openapi.json agrees with the code
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    shop::build(Profile::Dev, &["gateway"])?;
    if arguments.check {
        return check(Profile::Dev);
    }
    let document = document(Profile::Dev)?;
    let path = path();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, document).with_context(|| format!("could not write {}", path.display()))?;
    say::line(format_args!("wrote {}", path.display()));
    Ok(())
}

/// Asks the gateway that has been built already.
pub(crate) fn check(profile: Profile) -> Result<()> {
    say::step("docs/openapi.json", || {
        let kept = fs::read_to_string(path()).unwrap_or_default();
        if kept == document(profile)? {
            return Ok(());
        }
        bail!(
            "docs/openapi.json is not what the code describes: run `cargo xtask openapi` and commit the result"
        )
    })
}

fn document(profile: Profile) -> Result<String> {
    let mut command = Command::new(profile.binary("metropolitan"));
    let printed =
        process::output("metropolitan openapi", command.arg("openapi").current_dir(workspace::root()))?;
    Ok(format!("{}\n", printed.trim_end()))
}

fn path() -> PathBuf {
    workspace::root().join("docs/openapi.json")
}
