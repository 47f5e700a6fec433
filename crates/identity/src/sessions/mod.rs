//! A session and its refresh tokens. Pure: no clock, no database, no HTTP.

pub(crate) mod http;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    UserType,
    id::{SessionId, UserId},
    secret::{self, NoEntropy},
};
use sha2::{Digest as _, Sha256};

/// A refresh token that is not used lives so long.
const IDLE: TimeDelta = TimeDelta::days(30);
/// A session lives so long, however much it is used.
const WHOLE: TimeDelta = TimeDelta::days(90);

/// An opaque token of 256 bits.
pub(crate) struct RefreshToken(String);

/// SHA-256 of a token. A hash without salt suffices: 256 random bits are beyond any dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenHash(pub(crate) [u8; 32]);

impl RefreshToken {
    fn generate() -> Result<Self, NoEntropy> {
        Ok(Self(URL_SAFE_NO_PAD.encode(secret::bytes::<32>()?)))
    }

    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

impl TokenHash {
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

/// A session about to be opened, with the hash of its first token.
#[derive(Debug)]
pub(crate) struct NewSession {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    pub(crate) user_type: UserType,
    pub(crate) token: TokenHash,
    pub(crate) now: DateTime<Utc>,
}

impl NewSession {
    pub(crate) fn expires_at(&self) -> DateTime<Utc> {
        self.now + WHOLE
    }

    pub(crate) fn token_expires_at(&self) -> DateTime<Utc> {
        self.now + IDLE
    }
}

/// A refresh token as it was found, with the session that it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Presented {
    pub(crate) session: SessionId,
    pub(crate) user: UserId,
    pub(crate) user_type: UserType,
    pub(crate) generation: i32,
    /// The token's own end: 30 days after it was made.
    pub(crate) token_expires_at: DateTime<Utc>,
    pub(crate) session_expires_at: DateTime<Utc>,
    pub(crate) replaced: bool,
    pub(crate) ended: bool,
}

/// What becomes of a presented token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It gets a successor that lives until then.
    Replace {
        expires_at: DateTime<Utc>,
    },
    /// It was replaced before: two parties hold it, so one has stolen it. The family ends.
    EndFamily,
    Refuse,
}

impl Presented {
    pub(crate) fn judge(&self, now: DateTime<Utc>) -> Verdict {
        if self.ended || self.session_expires_at <= now {
            Verdict::Refuse
        } else if self.replaced {
            Verdict::EndFamily
        } else if self.token_expires_at <= now {
            Verdict::Refuse
        } else {
            Verdict::Replace { expires_at: self.session_expires_at.min(now + IDLE) }
        }
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    Logout,
    Replay,
}

impl EndReason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Replay => "replay",
        }
    }
}
