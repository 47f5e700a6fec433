//! Products and their rules: which of them a list shows. Pure: no clock, no database, no HTTP.

pub(crate) mod details;
pub(crate) mod http;
#[cfg(test)]
mod search_tests;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod unit_price;

use kernel::{Language, Limit, id::ProductId};
use serde::{Deserialize, Serialize};

use crate::{Product, index::Facets};

pub(crate) use details::Details;
pub(crate) use service::Reading;

/// Which part of the list of products is wanted, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Selection {
    /// What was typed to search by.
    pub(crate) question: Option<String>,
    pub(crate) filter: Filter,
    pub(crate) sort: Option<Sort>,
    pub(crate) limit: Limit,
    /// Where the page before ended. A product that is added while somebody leafs through neither moves nor repeats
    /// another.
    pub(crate) after: Option<After>,
}

/// What keeps a product off the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Filter {
    /// Slug of the only category to show.
    pub(crate) category: Option<String>,
    /// As the facet names it.
    pub(crate) brand: Option<String>,
    pub(crate) badge: Option<String>,
    /// Gross, in grosz, both included.
    pub(crate) min_price: Option<i64>,
    pub(crate) max_price: Option<i64>,
    /// Only what can be had.
    pub(crate) in_stock: bool,
}

/// Products that are alike in what is sorted by follow in the order in which they were made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sort {
    /// What fits the question best; without one, the order in which they were made.
    #[default]
    Relevance,
    /// By the alphabet of the language.
    Name,
    Price,
    #[serde(rename = "-price")]
    PriceDown,
    Newest,
    Bestselling,
}

/// The last product of a page by what it was sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct After {
    pub(crate) sort: Sort,
    pub(crate) position: Position,
    pub(crate) id: ProductId,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Position {
    Number(i64),
    /// The bytes that it sorts by, in hex.
    Name(String),
}

/// A product as its customers or its shelf know it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ProductRef {
    Id(ProductId),
    Code(String),
}

impl Selection {
    pub(crate) fn sort(&self) -> Sort {
        self.sort.unwrap_or_default()
    }
}

impl Position {
    pub(crate) fn of_name(key: &[u8]) -> Self {
        let digit = |n: u8| char::from_digit(n.into(), 16).unwrap_or('0');
        Self::Name(key.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
    }

    /// The bytes of a name; none of a number, and of what was never a name.
    pub(crate) fn name(hex: &str) -> Vec<u8> {
        let pair = |at: usize| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        (0..hex.len()).step_by(2).map_while(pair).collect()
    }
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
    pub(crate) next: Option<After>,
    /// Products on all pages.
    pub(crate) total: usize,
    pub(crate) facets: Facets,
}

/// The languages a name is looked for in, in this order.
pub(crate) fn preference(wanted: Language) -> Vec<&'static str> {
    let others = Language::ALL.into_iter().filter(|l| *l != wanted);
    std::iter::once(wanted).chain(others).map(Language::code).collect()
}
