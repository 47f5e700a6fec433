//! The book of files: what is in the store, and whether anybody wants it.
//!
//! A file is `pending` from before it is stored until somebody keeps it, `kept` until somebody discards it, and
//! `discarded` until it is deleted. What is pending for an hour was left behind by a crash or a refusal.

pub(crate) mod store;
#[cfg(test)]
mod tests;
