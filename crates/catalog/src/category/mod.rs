//! Categories: the shelves of the shop, in the order it wants them walked.

pub(crate) mod http;
mod service;
mod store;
#[cfg(test)]
mod tests;

use kernel::id::CategoryId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Category {
    pub(crate) id: CategoryId,
    pub(crate) slug: String,
    pub(crate) name: String,
    /// Active products in it.
    pub(crate) product_count: i64,
    pub(crate) image_url: Option<String>,
}
