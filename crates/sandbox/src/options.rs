//! What a stand-in is started with.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::control::check_webhook_url;

/// The defaults suit a test: a free port, no webhooks, nothing kept.
#[derive(Clone)]
pub struct Options {
    /// Loopback only, for the control API asks nobody for a key. Port 0 takes a free one.
    pub addr: SocketAddr,
    /// Where webhooks go (`http://…`); without it the one in the state file counts.
    pub webhook_url: Option<String>,
    /// The kinds of events that are sent there, an endpoint's `enabled_events`; all of them when there is none.
    pub enabled_events: Vec<String>,
    /// `whsec_…`
    pub webhook_secret: String,
    /// `sk_test_…`
    pub secret_key: String,
    /// `pk_test_…`
    pub publishable_key: String,
    /// Keeps everything over a restart.
    pub state: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            webhook_url: None,
            enabled_events: Vec::new(),
            webhook_secret: "whsec_sandbox".to_owned(),
            secret_key: "sk_test_sandbox".to_owned(),
            publishable_key: "pk_test_sandbox".to_owned(),
            state: None,
        }
    }
}

impl Options {
    pub(crate) fn check(&self) -> io::Result<()> {
        let refuse = |message: String| Err(io::Error::new(ErrorKind::InvalidInput, message));
        if !self.addr.ip().is_loopback() {
            return refuse(format!("{} is not a loopback address", self.addr));
        }
        // A live key has no business here, and its owner would rather know.
        for (value, prefix) in [
            (&self.secret_key, "sk_test_"),
            (&self.publishable_key, "pk_test_"),
            (&self.webhook_secret, "whsec_"),
        ] {
            if !value.starts_with(prefix) {
                return refuse(format!("a key must begin with {prefix}"));
            }
        }
        self.webhook_url.as_deref().map_or(Ok(()), check_webhook_url).or_else(refuse)
    }
}
