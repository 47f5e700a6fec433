//! Leaving: a code to the phone, twenty days in which signing in calls it off, then the person is forgotten.

pub(crate) mod http;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;

/// Between asking to be deleted and being forgotten.
pub(crate) const GRACE: TimeDelta = TimeDelta::days(20);
