//! Looking at orders.

pub(crate) mod http;
