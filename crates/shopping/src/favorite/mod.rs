//! Favourites: products that somebody wants to find again, the newest first.

pub(crate) mod http;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use kernel::id::{FavoriteId, ProductId};

/// Nobody has more.
pub(crate) const MAX: i64 = 500;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Favorite {
    pub(crate) id: FavoriteId,
    pub(crate) product: ProductId,
    pub(crate) added_at: DateTime<Utc>,
    /// The catalogue's rendering; `None` when it is not sold any more.
    pub(crate) item: Option<crate::ports::Item>,
}
