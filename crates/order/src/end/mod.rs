//! How an order comes to nothing: its customer calls it off, or its money does not come in time.
//!
//! First the payment is stopped, then the order is ended with its event, and by the event the units come back. A crash
//! in between leaves an order that can be ended again, never units that are sold while their money may still come.

pub(crate) mod http;
pub(crate) mod service;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::TimeDelta;

/// How much longer an order waits whose money is under way, and how often.
pub(crate) const EXTENSION: TimeDelta = TimeDelta::minutes(10);
pub(crate) const EXTENSIONS: i32 = 3;

/// Why an order on account was called off.
pub(crate) const NOT_PAID: &str = "not paid in time";

/// For so long one process ends orders; more than it may wait for the provider at one.
pub(crate) const LOCKED: Duration = Duration::from_mins(1);

/// So many are ended in one go.
pub(crate) const BATCH: i64 = 100;
