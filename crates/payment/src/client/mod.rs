//! What a customer's device needs to know before it can pay.

pub(crate) mod http;

use crate::ports::Method;

/// Public by nature: every client gets it.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The provider's key for devices: `pk_…`.
    pub publishable_key: String,
}

/// The ways to pay on the customer's device; a transfer needs approved terms and no device.
pub(crate) const METHODS: [Method; 3] = [Method::Card, Method::Blik, Method::P24];
