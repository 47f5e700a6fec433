//! One-time codes and their rules. Pure: no clock, no database, no HTTP.

mod countries;
pub(crate) mod http;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use countries::CallingCode;

use std::{fmt, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::{Phone, UserType, id::ChallengeId};
use sha2::Sha256;

use crate::IdentityError;

/// So many codes within a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendLimit {
    pub at_most: u32,
    pub within: TimeDelta,
}

/// The numbers of one-time codes; the defaults are those of the security page.
#[derive(Debug, Clone)]
pub struct OtpLimits {
    /// Codes to one number; all of these hold.
    pub sends: Vec<SendLimit>,
    /// Between two codes to one number.
    pub resend_after: TimeDelta,
    /// Multiplies what may be sent, for load tests. Guesses stay counted.
    pub factor: u32,
    /// A code's life.
    pub lifetime: TimeDelta,
    /// Guesses at one code.
    pub tries: i32,
    /// So many wrong guesses at codes of one number …
    pub failures: i32,
    /// … within this …
    pub failures_within: TimeDelta,
    /// … lock the number for so long.
    pub lock_for: TimeDelta,
    /// Where codes are sent to.
    pub countries: Vec<CallingCode>,
}

impl Default for OtpLimits {
    fn default() -> Self {
        Self {
            sends: vec![
                SendLimit { at_most: 3, within: TimeDelta::minutes(15) },
                SendLimit { at_most: 5, within: TimeDelta::hours(1) },
                SendLimit { at_most: 10, within: TimeDelta::hours(24) },
            ],
            resend_after: TimeDelta::seconds(60),
            factor: 1,
            lifetime: TimeDelta::minutes(5),
            tries: 5,
            failures: 10,
            failures_within: TimeDelta::hours(24),
            lock_for: TimeDelta::minutes(15),
            countries: countries::ALLOWED.to_vec(),
        }
    }
}

impl OtpLimits {
    /// Every limit on sends, the wait between two among them, multiplied.
    fn send_limits(&self) -> impl Iterator<Item = SendLimit> {
        let wait = SendLimit { at_most: 1, within: self.resend_after };
        let factor = self.factor.max(1);
        self.sends
            .iter()
            .copied()
            .chain([wait])
            .map(move |l| SendLimit { at_most: l.at_most.saturating_mul(factor), ..l })
    }

    /// The country of the number, if codes are sent there.
    fn country_of(&self, phone: &Phone) -> Option<&'static str> {
        let number = phone.as_str().strip_prefix('+')?;
        self.countries.iter().find(|c| number.starts_with(c.prefix)).map(|c| c.country)
    }
}

/// The key under which codes are hashed: a copy of the table alone gives no code away.
#[derive(Clone)]
pub struct Pepper(Vec<u8>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the pepper has fewer than {} bytes", Pepper::MIN_BYTES)]
pub struct PepperError;

impl Pepper {
    pub const MIN_BYTES: usize = 32;

    /// Takes the text's bytes as they are.
    pub fn parse(text: &str) -> Result<Self, PepperError> {
        if text.len() < Self::MIN_BYTES { Err(PepperError) } else { Ok(Self(text.as_bytes().to_vec())) }
    }

    /// HMAC-SHA256(pepper, challenge|phone|purpose|code)
    fn mac(&self, challenge: ChallengeId, phone: &Phone, code: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(format!("{challenge}|{}|{SIGN_IN}|{code}", phone.as_str()).as_bytes());
        Some(mac)
    }

    /// What is stored for a code.
    fn seal(&self, challenge: ChallengeId, phone: &Phone, code: &str) -> Vec<u8> {
        self.mac(challenge, phone, code).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
    }

    /// Whether `code` is the sealed one; takes the same time whichever it is.
    fn matches(&self, sealed: &[u8], challenge: ChallengeId, phone: &Phone, code: &str) -> bool {
        self.mac(challenge, phone, code).is_some_and(|mac| mac.verify_slice(sealed).is_ok())
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

/// What the code is asked for.
const SIGN_IN: &str = "sign_in";

/// A challenge about to be stored.
#[derive(Debug)]
pub(crate) struct NewChallenge<'a> {
    pub(crate) id: ChallengeId,
    pub(crate) phone: &'a Phone,
    pub(crate) country: &'static str,
    pub(crate) user_type: UserType,
    pub(crate) code_hmac: Vec<u8>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// A guess that has been counted and may be compared.
#[derive(Debug)]
pub(crate) struct CountedGuess {
    pub(crate) user_type: UserType,
    pub(crate) code_hmac: Vec<u8>,
}

/// A challenge that took no (more) guess, for saying why.
#[derive(Debug, Clone)]
pub(crate) struct Closed {
    pub(crate) attempts: i32,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) consumed: bool,
    pub(crate) locked_until: Option<DateTime<Utc>>,
}

impl Closed {
    fn refusal(&self, limits: &OtpLimits, now: DateTime<Utc>) -> IdentityError {
        if let Some(until) = self.locked_until.filter(|until| *until > now) {
            IdentityError::Locked { wait: wait(now, until) }
        } else if self.consumed {
            IdentityError::WrongCode
        } else if self.expires_at <= now {
            IdentityError::ExpiredCode
        } else if self.attempts >= limits.tries {
            // What helps is another code.
            IdentityError::Locked { wait: wait(now, self.created_at + limits.resend_after) }
        } else {
            IdentityError::WrongCode
        }
    }
}

/// From `now` to `until`, a second at least.
fn wait(now: DateTime<Utc>, until: DateTime<Utc>) -> Duration {
    (until - now).to_std().unwrap_or_default().max(Duration::from_secs(1))
}

/// Six ASCII digits: what a guess looks like.
fn is_code(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
}
