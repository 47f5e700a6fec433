//! A file as it came in: its bytes, and the type that the client says it has. Its name is thrown away.

pub(crate) mod http;
mod places;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(crate) use places::{Place, Places};

use crate::picture::Format;

/// A file may have 2 MiB.
pub(crate) const MAX_BYTES: usize = 2_097_152;
/// The same for the client.
pub(crate) const MAX_BYTES_TOLD: u64 = 2_097_152;

/// One file, within its limit. Holds one of the places for uploads for as long as it lives.
pub struct Upload {
    pub(crate) declared: Format,
    pub(crate) bytes: Arc<Vec<u8>>,
    pub(crate) _place: Place,
}
