//! Published events: the only facts that one domain may learn of another without asking.
//!
//! **Invariant:** serde values only. No traits to call, no logic. A field is added, never changed: the JSON of
//! each event is held by a test.

pub mod identity;
pub mod inventory;
pub mod order;
pub mod payment;
pub mod shopping;
#[cfg(test)]
mod tests;
pub mod user;

use serde::{Serialize, de::DeserializeOwned};

/// A fact that has happened, published in the transaction that made it so.
pub trait Event: Serialize + DeserializeOwned + Send + Sync {
    /// `domain.noun_verbed.vN`
    const NAME: &'static str;

    /// The id of what it happened to.
    fn aggregate(&self) -> String;
}
