//! One name for one request: taken from `X-Request-Id` when it is sane, made otherwise.

use chrono::{DateTime, Utc};
use kernel::id::EventId;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    const MAX_CHARS: usize = 64;

    /// `given` when it has at most 64 url-safe characters (a UUID does), a fresh UUID otherwise.
    pub fn accept_or_make(given: Option<&str>, now: DateTime<Utc>) -> Self {
        let safe = |s: &&str| {
            (1..=Self::MAX_CHARS).contains(&s.len())
                && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~'))
        };
        let made = || {
            let fresh = EventId::generate(now).0.hyphenated();
            fresh.encode_lower(&mut Uuid::encode_buffer()).to_owned()
        };
        Self(given.filter(safe).map_or_else(made, str::to_owned))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
