//! What the shop's own people do to the catalogue. Every change says which version it was made from, and is kept in the
//! audit log; what readers see follows by itself.

pub(crate) mod categories;
pub(crate) mod draft;
pub(crate) mod http;
pub(crate) mod images;
pub(crate) mod products;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod timeline;

use kernel::{Expected, FieldError};

use crate::CatalogError;

pub(crate) use draft::Draft;

/// Refuses a change that was made from another version than there is.
pub(crate) fn expect(expected: Expected, version: i32) -> Result<(), CatalogError> {
    if expected.admits(version) { Ok(()) } else { Err(CatalogError::Outdated { version }) }
}

/// Fields that are wrong, or nothing.
pub(crate) fn refuse(wrong: Vec<FieldError>) -> Result<(), CatalogError> {
    if wrong.is_empty() { Ok(()) } else { Err(CatalogError::Invalid(wrong)) }
}
