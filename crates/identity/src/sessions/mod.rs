//! A session and its refresh tokens. Pure: no clock, no database, no HTTP.

pub(crate) mod http;
mod revocations;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use revocations::Revocations;
pub(crate) use revocations::Standing;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    Phone, UserType,
    id::SessionId,
    secret::{self, NoEntropy},
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A refresh token that is not used lives so long.
const IDLE: TimeDelta = TimeDelta::days(30);
/// A session lives so long, however much it is used.
const WHOLE: TimeDelta = TimeDelta::days(90);

/// The token before the current one is forgiven for so long: its answer may have been lost on the way.
const GRACE: TimeDelta = TimeDelta::seconds(10);

/// An opaque token of 256 bits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken([u8; 32]);

/// SHA-256 of a token. A hash without salt suffices: 256 random bits are beyond any dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenHash(pub(crate) [u8; 32]);

/// A token that only the holder of the one before it can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sealed(pub(crate) [u8; 32]);

impl RefreshToken {
    fn generate() -> Result<Self, NoEntropy> {
        secret::bytes().map(Self)
    }

    /// `None` for what is no token of ours.
    fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// As it is sent.
    pub(crate) fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0).into())
    }

    /// Hides `successor` behind this token: the pad is used for this one successor only.
    fn seal(&self, successor: &Self) -> Sealed {
        Sealed(self.pad(successor.0))
    }

    fn open(&self, sealed: Sealed) -> Self {
        Self(self.pad(sealed.0))
    }

    fn pad(&self, text: [u8; 32]) -> [u8; 32] {
        let key: [u8; 32] =
            Sha256::new().chain_update("successor of ").chain_update(self.0).finalize().into();
        let mut padded = text;
        padded.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        padded
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

/// Whose a session is. What the shop's own people are signed in with lives beside customers' sessions, and serves at
/// other doors only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Customer(UserType),
    Staff,
}

impl Holder {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Customer(user_type) => user_type.as_str(),
            Self::Staff => "staff",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, kernel::UnknownUserType> {
        if text == "staff" { Ok(Self::Staff) } else { text.parse().map(Self::Customer) }
    }
}

/// What a session is opened upon; it is not opened when that has changed in the meantime.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Basis<'a> {
    /// Nothing that could change.
    Fresh,
    /// That this number is still the account's: the number's epoch when it was proved.
    Phone(&'a Phone, i32),
    /// That nothing was voided since the credentials were read: the subject's epoch at that time.
    Epoch(i32),
}

/// A session about to be opened, with the hash of its first token.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) id: SessionId,
    /// A user, or somebody of the shop.
    pub(crate) subject: Uuid,
    pub(crate) holder: Holder,
    pub(crate) basis: Basis<'a>,
    pub(crate) device: Option<&'a str>,
    pub(crate) token: TokenHash,
    pub(crate) now: DateTime<Utc>,
}

impl NewSession<'_> {
    pub(crate) fn expires_at(&self) -> DateTime<Utc> {
        self.now + WHOLE
    }

    pub(crate) fn token_expires_at(&self) -> DateTime<Utc> {
        self.now + IDLE
    }
}

/// A session as its owner sees it.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) device: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

/// A refresh token as it was found, with the session that it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Presented {
    pub(crate) session: SessionId,
    pub(crate) subject: Uuid,
    pub(crate) holder: Holder,
    /// The one that was current when the session was opened, and the one that is.
    pub(crate) epochs: (i32, i32),
    /// The token's own generation, and the session's newest.
    pub(crate) generations: (i32, i32),
    /// The token's own end: 30 days after it was made.
    pub(crate) token_expires_at: DateTime<Utc>,
    pub(crate) session_expires_at: DateTime<Utc>,
    /// When, and by what.
    pub(crate) replaced: Option<(DateTime<Utc>, Option<Sealed>)>,
    pub(crate) ended: bool,
}

/// What becomes of a presented token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It gets a successor that lives until then.
    Replace {
        expires_at: DateTime<Utc>,
    },
    /// It was replaced a moment ago: it gets the successor that it got then.
    Repeat(Sealed),
    /// It was replaced before: two parties hold it, so one has stolen it. The family ends.
    EndFamily,
    Refuse,
}

impl Presented {
    pub(crate) fn judge(&self, now: DateTime<Utc>) -> Verdict {
        let (generation, newest) = self.generations;
        if self.ended || self.session_expires_at <= now || self.epochs.0 < self.epochs.1 {
            return Verdict::Refuse;
        }
        match self.replaced {
            Some((at, Some(successor))) if generation + 1 == newest && now < at + GRACE => {
                Verdict::Repeat(successor)
            }
            Some(_) => Verdict::EndFamily,
            None if self.token_expires_at <= now => Verdict::Refuse,
            None => Verdict::Replace { expires_at: self.session_expires_at.min(now + IDLE) },
        }
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    Logout,
    LogoutAll,
    /// From another device, or by what voids every session.
    Ended,
    Replay,
}

impl EndReason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::LogoutAll => "logout_all",
            Self::Ended => "ended",
            Self::Replay => "replay",
        }
    }
}
