//! `target/dev/ports.json`: where the development services were last, so that they come back there and `seed` finds them.

use std::fs;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::workspace;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DevState {
    pub(crate) postgres_port: Option<u16>,
    pub(crate) redis_port: Option<u16>,
    pub(crate) stripe_port: Option<u16>,
    pub(crate) http_port: Option<u16>,
    pub(crate) database_url: Option<String>,
    pub(crate) redis_url: Option<String>,
}

impl DevState {
    /// Empty when there is none, or when it was cut short.
    pub(crate) fn load() -> Self {
        let text = fs::read(workspace::dev_dir().join("ports.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    pub(crate) fn save(&self) -> Result<()> {
        let path = workspace::dev_dir().join("ports.json");
        fs::write(&path, serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("could not write {}", path.display()))
    }
}

/// The database a command works on: the one given, else that of the development services.
pub(crate) fn database_url(given: Option<String>) -> Result<String> {
    given
        .or_else(|| DevState::load().database_url)
        .context("no development database yet: run `cargo xtask up` first, or give --database-url")
}
