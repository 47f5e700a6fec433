//! One name for one request: taken from `X-Request-Id` when it is sane, made otherwise.

use chrono::{DateTime, Utc};
use kernel::id::EventId;

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
        match given.filter(safe) {
            Some(id) => Self(id.to_owned()),
            None => Self(EventId::generate(now).to_string()),
        }
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
