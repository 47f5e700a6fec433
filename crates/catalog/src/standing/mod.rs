//! How a product stands in the shop: whether any can be had, how well it sells. Others tell; lists are filtered and
//! sorted by it.

pub(crate) mod store;
#[cfg(test)]
mod tests;
