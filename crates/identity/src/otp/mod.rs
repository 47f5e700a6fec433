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
use kernel::{
    Language, Phone, UserType,
    id::{ChallengeId, UserId},
};
use sha2::Sha256;

use crate::IdentityError;

/// What a code is asked for; one asked for one thing serves nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    /// To leave a number …
    ChangePhoneFrom,
    /// … for another one.
    ChangePhoneTo,
    DeleteAccount,
}

impl Purpose {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::ChangePhoneFrom => "change_phone_from",
            Self::ChangePhoneTo => "change_phone_to",
            Self::DeleteAccount => "delete_account",
        }
    }
}

/// What codes are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One number.
    Phone,
    /// The network that asks.
    Network,
    /// All numbers that differ in their last four digits only.
    Prefix,
    /// Everything.
    Global,
}

/// So many codes within a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendLimit {
    pub scope: Scope,
    pub at_most: u32,
    pub within: TimeDelta,
}

/// Codes that nobody uses are a sign of somebody who earns by the texts: a country's are watched.
#[derive(Debug, Clone, Copy)]
pub struct ConversionWatch {
    /// So many codes are judged, the last ones that are over.
    pub codes: u32,
    /// Fewer used ones than this …
    pub used_at_least: u32,
    /// … pause the country for so long.
    pub pause: TimeDelta,
}

/// The numbers of one-time codes; the defaults are those of the security page.
#[derive(Debug, Clone)]
pub struct OtpLimits {
    /// All of these hold.
    pub sends: Vec<SendLimit>,
    /// Between the first code to a number and the second, the second and the third, …; the last goes on.
    pub resend_after: Vec<TimeDelta>,
    /// Multiplies what may be sent, for load tests; 0 lifts every limit on sends. Guesses stay counted.
    pub factor: u32,
    /// A code's life.
    pub lifetime: TimeDelta,
    /// Guesses at one code.
    pub tries: i32,
    /// So many wrong guesses at codes of one number …
    pub failures: i32,
    /// … within this …
    pub failures_within: TimeDelta,
    /// … lock the number for so long, and one more for the next of these.
    pub lock_for: [TimeDelta; 3],
    /// Where codes are sent to.
    pub countries: Vec<CallingCode>,
    pub watch: ConversionWatch,
}

impl Default for OtpLimits {
    fn default() -> Self {
        let limit = |scope, at_most, within| SendLimit { scope, at_most, within };
        Self {
            sends: vec![
                limit(Scope::Phone, 3, TimeDelta::minutes(15)),
                limit(Scope::Phone, 5, TimeDelta::hours(1)),
                limit(Scope::Phone, 10, TimeDelta::hours(24)),
                limit(Scope::Network, 10, TimeDelta::hours(1)),
                limit(Scope::Prefix, 20, TimeDelta::hours(1)),
                limit(Scope::Global, 500, TimeDelta::hours(1)),
            ],
            resend_after: [60, 120, 300].map(TimeDelta::seconds).to_vec(),
            factor: 1,
            lifetime: TimeDelta::minutes(5),
            tries: 5,
            failures: 10,
            failures_within: TimeDelta::hours(24),
            lock_for: [TimeDelta::minutes(15), TimeDelta::hours(1), TimeDelta::hours(24)],
            countries: countries::ALLOWED.to_vec(),
            watch: ConversionWatch { codes: 100, used_at_least: 25, pause: TimeDelta::hours(1) },
        }
    }
}

impl OtpLimits {
    /// Every limit on sends, multiplied; none when they are lifted.
    fn send_limits(&self) -> impl Iterator<Item = SendLimit> {
        let limits = if self.factor == 0 { [].iter() } else { self.sends.iter() };
        limits.map(|l| SendLimit { at_most: l.at_most.saturating_mul(self.factor), ..*l })
    }

    /// How long after a code the next one to that number may follow, when so many of its series are sent. Load
    /// tests do not wait.
    fn wait_after(&self, sent: usize) -> TimeDelta {
        if self.factor != 1 {
            return TimeDelta::zero();
        }
        let step = self.resend_after.get(sent.saturating_sub(1)).or(self.resend_after.last());
        step.copied().unwrap_or_default()
    }

    /// The country of the number, if codes are sent there.
    fn country_of(&self, phone: &Phone) -> Option<&'static str> {
        let number = phone.as_str().strip_prefix('+')?;
        self.countries.iter().find(|c| c.takes(number)).map(|c| c.country)
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
    fn mac(&self, purpose: Purpose, guess: &Guess) -> Option<Hmac<Sha256>> {
        let Guess { challenge, phone, code } = guess;
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(format!("{challenge}|{}|{}|{code}", phone.as_str(), purpose.as_str()).as_bytes());
        Some(mac)
    }

    /// What is stored for a code.
    fn seal(&self, purpose: Purpose, right: &Guess) -> Vec<u8> {
        self.mac(purpose, right).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
    }

    /// Whether the guess is the sealed code; takes the same time whichever it is.
    fn matches(&self, sealed: &[u8], purpose: Purpose, guess: &Guess) -> bool {
        self.mac(purpose, guess).is_some_and(|mac| mac.verify_slice(sealed).is_ok())
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

/// A code that somebody wants.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<'a> {
    pub(crate) phone: &'a Phone,
    pub(crate) purpose: Purpose,
    /// Who is signed in and asks; nobody for signing in.
    pub(crate) user: Option<UserId>,
    pub(crate) user_type: UserType,
    pub(crate) language: Language,
    /// The network of whoever asks.
    pub(crate) network: &'a str,
}

/// One attempt at a code.
#[derive(Debug, Clone)]
pub(crate) struct Guess {
    pub(crate) challenge: ChallengeId,
    pub(crate) phone: Phone,
    pub(crate) code: String,
}

/// A challenge about to be stored.
#[derive(Debug)]
pub(crate) struct NewChallenge<'a> {
    pub(crate) id: ChallengeId,
    pub(crate) wanted: &'a Wanted<'a>,
    pub(crate) country: &'static str,
    pub(crate) code_hmac: Vec<u8>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// The codes of one series to a number: those since one was last used, of the last hour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Series {
    pub(crate) sent: usize,
    pub(crate) last_at: Option<DateTime<Utc>>,
}

/// A guess that has been counted and may be compared.
#[derive(Debug)]
pub(crate) struct CountedGuess {
    pub(crate) user_type: UserType,
    /// Of the number, at the time of the guess.
    pub(crate) phone_epoch: i32,
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
            IdentityError::Locked { wait: wait(now, self.created_at + limits.wait_after(1)) }
        } else {
            IdentityError::WrongCode
        }
    }
}

/// From `now` to `until`, a second at least.
pub(crate) fn wait(now: DateTime<Utc>, until: DateTime<Utc>) -> Duration {
    (until - now).to_std().unwrap_or_default().max(Duration::from_secs(1))
}

/// Six ASCII digits: what a guess looks like.
pub(crate) fn is_code(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
}
