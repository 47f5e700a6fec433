//! Where things are: the checkout, cargo's target directory, the binaries it builds.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The root of the checkout. Cargo tells it whom it runs; what was true when this was compiled is not, after the
/// checkout with its target directory has been moved.
pub(crate) fn root() -> PathBuf {
    let told = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let own = told.filter(|dir| dir.ends_with("xtask")).unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    own.parent().unwrap_or(&own).to_path_buf()
}

/// Where cargo puts what it builds, by whatever setting: this program is one of its files,
/// `<target>/<profile>/xtask`, or `<target>/<profile>/deps/xtask-…` as a test.
pub(crate) fn target() -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    let folders = own.ancestors().skip(1).filter(|folder| !folder.ends_with("deps"));
    folders.skip(1).map(PathBuf::from).next().unwrap_or_else(|| root().join("target"))
}

/// The development services' directory; it stays when cargo's output goes elsewhere.
pub(crate) fn dev_dir() -> PathBuf {
    root().join("target/dev")
}

pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // Set by the `cargo run` that started us; they would make cargo rebuild crates that read them.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        command.env_remove(name);
    }
    command
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    pub(crate) fn binary(self, name: &str) -> PathBuf {
        let folder = match self {
            Self::Dev => "debug",
            Self::Release => "release",
        };
        target().join(folder).join(name)
    }
}
