//! One name for one request: taken from `X-Request-Id` when it is sane, made otherwise.

use chrono::{DateTime, Utc};
use kernel::id::EventId;
use uuid::Uuid;

/// Characters of ASCII, kept in place: it is handed about with every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    chars: [u8; Self::MAX_CHARS],
    len: usize,
}

impl RequestId {
    const MAX_CHARS: usize = 64;

    /// `given` when it has at most 64 url-safe characters (a UUID does), a fresh UUID otherwise.
    pub fn accept_or_make(given: Option<&str>, now: DateTime<Utc>) -> Self {
        let safe = |s: &&str| {
            (1..=Self::MAX_CHARS).contains(&s.len())
                && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~'))
        };
        match given.filter(safe) {
            Some(given) => Self::of(given),
            None => Self::of(EventId::generate(now).0.hyphenated().encode_lower(&mut Uuid::encode_buffer())),
        }
    }

    /// Of at most so many characters.
    fn of(text: &str) -> Self {
        let mut id = Self::default();
        for (place, char) in id.chars.iter_mut().zip(text.bytes()) {
            *place = char;
            id.len += 1;
        }
        id
    }

    pub fn as_str(&self) -> &str {
        let chars = self.chars.get(..self.len).unwrap_or_default();
        std::str::from_utf8(chars).unwrap_or_default()
    }
}

impl Default for RequestId {
    /// Of a request that nobody named.
    fn default() -> Self {
        Self { chars: [0; Self::MAX_CHARS], len: 0 }
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
