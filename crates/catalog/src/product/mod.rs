//! Products and their rules: which of them a list shows. Pure: no clock, no database, no HTTP.

pub(crate) mod http;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod unit_price;

use kernel::{Language, Limit, id::ProductId};

use crate::Product;

/// Which part of the list of products is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Selection {
    /// Slug of the only category to show.
    pub(crate) category: Option<String>,
    pub(crate) limit: Limit,
    /// The last product of the page before. Ids only grow, so that a product which is added while somebody
    /// leafs through neither moves nor repeats another.
    pub(crate) after: Option<ProductId>,
}

/// A product as its customers or its shelf know it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ProductRef {
    Id(ProductId),
    Code(String),
}

impl ProductRef {
    /// Longer than any code.
    const MAX_CHARS: usize = 64;

    /// What reads as a UUID is an id, anything else a code. `None` when no product can be called so.
    pub(crate) fn parse(text: String) -> Option<Self> {
        if let Ok(id) = text.parse() {
            return Some(Self::Id(id));
        }
        let sane = text.len() <= Self::MAX_CHARS && !text.chars().any(char::is_control);
        sane.then_some(Self::Code(text))
    }
}

/// A product and the units of it that can be had.
pub(crate) struct Stocked {
    pub(crate) product: Product,
    pub(crate) available: u32,
}

/// One page of products.
pub(crate) struct Listing {
    pub(crate) products: Vec<Stocked>,
    /// Where the next page begins; `None` on the last.
    pub(crate) next: Option<ProductId>,
    /// Products on all pages.
    pub(crate) total: i64,
}

/// The languages a name is looked for in, in this order.
pub(crate) fn preference(wanted: Language) -> Vec<&'static str> {
    let others = Language::ALL.into_iter().filter(|l| *l != wanted);
    std::iter::once(wanted).chain(others).map(Language::code).collect()
}
