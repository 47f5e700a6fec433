//! Stripe's own Python package, for the test that holds our verifier of webhooks against it. Where there is no Python, or
//! no way to get the package, that test has nothing to compare with and says so.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{say, workspace};

const PACKAGE: &str = "stripe==16.1.0";

/// Where the package is, once it is there.
pub(crate) fn stripe() -> Option<PathBuf> {
    let directory = workspace::target().join("python").join(PACKAGE.replace("==", "-"));
    if directory.join("stripe").is_dir() {
        return Some(directory);
    }
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
    pip.arg(&directory).arg(PACKAGE).stdout(Stdio::null()).stderr(Stdio::null());
    if pip.status().is_ok_and(|status| status.success()) {
        return Some(directory);
    }
    say::note("  Stripe's package for Python cannot be had here: the verifier is not held against it");
    None
}
