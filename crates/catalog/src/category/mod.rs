//! Categories: the shelves of the shop, in the order it wants them walked.

pub(crate) mod http;
#[cfg(test)]
mod tests;

use kernel::id::CategoryId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Category {
    pub(crate) id: CategoryId,
    pub(crate) slug: String,
    pub(crate) name: String,
    /// Products that a list of it shows.
    pub(crate) product_count: usize,
    pub(crate) image_url: Option<String>,
}
