//! The audit log: every write of the shop's own people, kept for good.
#![doc = include_str!("../README.md")]

pub mod http;
mod integrity;
mod schema;
mod store;
#[cfg(test)]
mod tests;

pub use integrity::{Books, Integrity, Unchecked, Violation};

use chrono::{DateTime, Utc};
use kernel::{Actor, id::AuditEntryId};
use serde_json::Value;
use uuid::Uuid;

/// A change about to be told of.
#[derive(Debug, Clone)]
pub struct Entry {
    pub actor: Actor,
    /// `subject.verb`: `staff.create`, `stock.receive`.
    pub action: &'static str,
    /// What was changed: its kind and id, `product 0198…`.
    pub target: String,
    /// As it was; nothing for what is new. Never a secret.
    pub before: Option<Value>,
    /// As it is; nothing for what is gone.
    pub after: Option<Value>,
}

/// An entry as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Recorded {
    pub(crate) id: AuditEntryId,
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: Uuid,
    pub(crate) actor_role: String,
    pub(crate) action: String,
    pub(crate) target: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// Keeps the entry, in the caller's transaction.
pub async fn record(tx: &mut db::Tx, entry: &Entry, now: DateTime<Utc>) -> Result<(), db::QueryError> {
    store::insert_entry(tx, entry, now).await
}
