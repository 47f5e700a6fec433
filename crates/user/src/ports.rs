//! What user needs from the rest of the shop. The gateway supplies the adapters.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Language, Nip, Phone, PortError, UserType,
    id::{ChallengeId, UserId},
};
use serde::{Deserialize, Serialize};

/// Signs people in and out.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session for somebody who has just registered. `device`: what the device calls itself.
    async fn open(
        &self,
        user: UserId,
        user_type: UserType,
        device: Option<&str>,
    ) -> Result<Tokens, PortError>;

    /// Ends every session of a user, on every device. No session is no error.
    async fn end_all(&self, user: UserId) -> Result<(), PortError>;
}

/// What a signed-in device holds; passed through to the client.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: String,
    /// The access token's life, seconds.
    pub expires_in_seconds: u32,
}

/// Shows no token.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("expires_in_seconds", &self.expires_in_seconds).finish_non_exhaustive()
    }
}

/// One-time codes by which a signed-in user shows that the account's phone is at hand.
#[async_trait]
pub trait Codes: Send + Sync {
    /// Sends a code to the account's phone.
    async fn send(&self, to: Recipient) -> Result<Sent, CodeError>;

    /// Uses up a code that was sent to this user for this purpose. Each call counts as a guess.
    async fn prove(&self, proof: Proof) -> Result<(), CodeError>;
}

/// Who is to get a code.
#[derive(Debug, Clone)]
pub struct Recipient {
    pub user: UserId,
    pub user_type: UserType,
    pub phone: Phone,
    /// Of the text message.
    pub language: Language,
    /// The network that the request came from, by which sends are counted too.
    pub network: String,
}

/// A code is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub challenge: ChallengeId,
    pub expires_in_seconds: i64,
    pub resend_after_seconds: i64,
}

/// A guess at a code.
#[derive(Clone)]
pub struct Proof {
    pub user: UserId,
    pub phone: Phone,
    pub challenge: ChallengeId,
    pub code: String,
}

/// Shows no code.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Why no code is sent, or a code does not count.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Wrong, used, sent to somebody else or for something else.
    #[error("the code is not right")]
    Wrong,
    #[error("the code has expired")]
    Expired,
    #[error("too many wrong codes; try again in {wait:?}")]
    Locked { wait: Duration },
    #[error("too many codes were asked for; the next may be in {wait:?}")]
    TooMany { wait: Duration },
    #[error("codes cannot be sent or judged")]
    Port(#[from] PortError),
}

/// The state's register of those who pay VAT.
#[async_trait]
pub trait TaxRegister: Send + Sync {
    /// What it says of a number on the day of `now` in Poland; `None` when it does not know the number.
    ///
    /// Ends within five seconds, and fails rather than to answer of another number. Who asks remembers the answer and
    /// stops asking while there is none.
    async fn find(&self, nip: &Nip, now: DateTime<Utc>) -> Result<Option<TaxRecord>, PortError>;
}

/// What the register says of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxRecord {
    /// Ten digits.
    pub nip: String,
    pub name: String,
    pub vat_status: VatStatus,
    /// Number in the register of businesses, 9 or 14 digits.
    pub regon: Option<String>,
    /// Number in the court register, of companies that are persons.
    pub krs: Option<String>,
    /// One line as the register writes it: `UL. PROSTA 51, 00-838 WARSZAWA`.
    pub address: Option<String>,
    pub registered_on: Option<NaiveDate>,
}

/// How somebody stands to VAT (Dz.U. 2004 nr 54 poz. 535, art. 96b), in the register's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VatStatus {
    #[serde(rename = "Czynny")]
    Active,
    #[serde(rename = "Zwolniony")]
    Exempt,
    #[serde(rename = "Niezarejestrowany")]
    NotRegistered,
}

impl VatStatus {
    /// The register's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Czynny",
            Self::Exempt => "Zwolniony",
            Self::NotRegistered => "Niezarejestrowany",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Active, Self::Exempt, Self::NotRegistered].into_iter().find(|status| status.as_str() == word)
    }
}

/// What another domain holds about a person.
#[async_trait]
pub trait PersonalData: Send + Sync {
    /// Its name in the export, a key of JSON: `orders`.
    fn section(&self) -> &'static str;

    /// All of it, in a number of queries that does not grow with it.
    async fn export(&self, user: UserId) -> Result<serde_json::Value, PortError>;
}
