//! Whether this process should be sent requests.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Shared between the signal handler and `/health/ready`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// From now on: no new requests, please.
    pub(crate) fn drain(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
