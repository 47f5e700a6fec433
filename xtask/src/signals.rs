//! Ctrl-C, SIGTERM and SIGHUP become a flag that every waiting loop looks at, so that what was started is stopped in order.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static RECEIVED: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// The command was asked to end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interrupted {
    signal: u8,
}

impl Interrupted {
    /// What a shell reports for a process that a signal ended.
    pub(crate) fn exit_code(self) -> u8 {
        self.signal.saturating_add(128)
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped by signal {}", self.signal)
    }
}

impl std::error::Error for Interrupted {}

pub(crate) fn listen() -> Result<()> {
    let received = RECEIVED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let value = usize::try_from(signal)?;
        signal_hook::flag::register_usize(signal, Arc::clone(received), value)
            .context("could not listen for signals")?;
    }
    Ok(())
}

/// An error once the command was asked to end; called wherever it waits.
pub(crate) fn check() -> Result<()> {
    match RECEIVED.get().map_or(0, |received| received.load(Ordering::Relaxed)) {
        0 => Ok(()),
        signal => Err(Interrupted { signal: u8::try_from(signal).unwrap_or(0) }.into()),
    }
}
