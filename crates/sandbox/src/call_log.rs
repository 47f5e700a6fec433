//! A record of every API call, for the assertions of tests.

use serde::Serialize;

/// One call of the API, as `GET /control/calls` and `Sandbox::calls` show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub idempotency_key: Option<String>,
    /// Decoded, in the order in which they were sent; the publishable key is left out.
    pub parameters: Vec<(String, String)>,
    pub status: u16,
    /// Whether the answer was the stored one of an earlier call with the same key.
    pub replayed: bool,
}
