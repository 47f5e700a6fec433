//! Reconciliation: our books against the provider's, whatever became of its events.
//!
//! What is not final here is asked about every few minutes; what the provider made in the last three days is gone
//! through every day, both ways. A difference is repaired, if believing the provider repairs it, or flagged for a person.

pub(crate) mod http;
pub(crate) mod jobs;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use kernel::id::{DifferenceId, OrderId};
use serde::{Deserialize, Serialize};

/// In what the books differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// The provider knows more of a payment: its event never came.
    Behind,
    /// Amount, currency, order or livemode are others.
    Mismatched,
    /// The provider has an intent that is none of ours.
    UnknownHere,
    /// We have an intent that the provider does not know.
    UnknownThere,
    /// The provider knows more of the refunds of a payment.
    Refunds,
}

/// What was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Repaired,
    /// A person has to look.
    Flagged,
}

/// Which part of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// What is not final here.
    Open,
    /// What happened in the last three days.
    Recent,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Behind, Self::Mismatched, Self::UnknownHere, Self::UnknownThere, Self::Refunds];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Behind => "behind",
            Self::Mismatched => "mismatched",
            Self::UnknownHere => "unknown_here",
            Self::UnknownThere => "unknown_there",
            Self::Refunds => "refunds",
        }
    }
}

impl Outcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::Flagged => "flagged",
        }
    }
}

impl Scope {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Recent => "recent",
        }
    }
}

/// Something in which the books did not agree.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    pub(crate) id: DifferenceId,
    pub(crate) kind: Kind,
    /// The provider's id of what it is about.
    pub(crate) subject: String,
    pub(crate) order: Option<OrderId>,
    pub(crate) detail: String,
    pub(crate) outcome: Outcome,
    pub(crate) found_at: DateTime<Utc>,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) checked: i32,
    pub(crate) repaired: i32,
    pub(crate) flagged: i32,
}
