//! What people do to the stock: goods come in, are counted anew, are written off. And what was done to it.

pub(crate) mod http;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use kernel::id::ProductId;

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Goods came in.
    Receive,
    /// The count was another than the books'.
    Adjust,
    /// Goods are gone or spoilt.
    Writeoff,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Adjust => "adjust",
            Self::Writeoff => "writeoff",
        }
    }

    /// By how much `quantity` of it changes what lies in the house; `None` for a quantity that makes no sense.
    pub(crate) fn delta(self, quantity: i64) -> Option<i32> {
        let quantity = i32::try_from(quantity).ok().filter(|quantity| quantity.unsigned_abs() <= MOST)?;
        match self {
            Self::Receive => (quantity > 0).then_some(quantity),
            Self::Adjust => (quantity != 0).then_some(quantity),
            Self::Writeoff => (quantity > 0).then_some(-quantity),
        }
    }
}

/// More than a lorry carries: a slip of the finger.
pub(crate) const MOST: u32 = 1_000_000;

/// Below how many units a product runs low until somebody says otherwise; the table's default.
pub(crate) const LOW_AT: u32 = 10;

/// How much of a product there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stock {
    pub(crate) product: ProductId,
    pub(crate) on_hand: u32,
    pub(crate) reserved: u32,
    pub(crate) version: i64,
    pub(crate) low_at: u32,
}

/// One entry of a product's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Movement {
    pub(crate) version: i64,
    pub(crate) kind: String,
    pub(crate) on_hand: i32,
    pub(crate) reserved: i32,
    pub(crate) on_hand_after: u32,
    pub(crate) reserved_after: u32,
    pub(crate) order: Option<kernel::id::OrderId>,
    pub(crate) actor: String,
    pub(crate) reason: Option<String>,
    pub(crate) at: DateTime<Utc>,
}
