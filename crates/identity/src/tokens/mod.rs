//! Signing keys and what the tokens say. Pure: no clock, no I/O.

pub(crate) mod http;
pub(crate) mod service;
#[cfg(test)]
mod tests;

use std::fmt;

use base64::{
    Engine as _, alphabet,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD},
    },
};
use chrono::TimeDelta;
use jsonwebtoken::{DecodingKey, EncodingKey};
use kernel::{
    Role, UserType,
    id::{SessionId, StaffId, UserId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sessions::Holder;

pub(crate) const ISSUER: &str = "metropolitan";
pub(crate) const API: &str = "metropolitan-api";
pub(crate) const REGISTRATION: &str = "metropolitan-registration";
pub(crate) const ADMIN: &str = "admin";
/// The life of access tokens and of registration tokens.
pub(crate) const LIFE: TimeDelta = TimeDelta::minutes(10);
pub(crate) const LIFE_SECONDS: u32 = 600;
/// How far two machines' clocks may be apart.
pub(crate) const LEEWAY_SECONDS: i64 = 5;

/// PKCS#8 of an Ed25519 private key up to its seed (RFC 8410 §7).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Ed25519 keys by their `kid`. The first signs, all verify: a new key goes in front, an old one leaves when the
/// tokens that it signed have expired.
#[derive(Clone)]
pub struct SigningKeys {
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    kid: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    /// The public key, base64url: `x` of the JWK.
    public: String,
}

/// What is wrong with the configured keys; shows none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    #[error("there is no signing key")]
    None,
    #[error("signing key {0} is not written kid:seed, with a kid of 1 to 64 letters, digits, '-' or '_'")]
    Shape(usize),
    #[error("signing key {0}: the seed is not 32 bytes in base64")]
    Seed(usize),
    #[error("signing key {0} has the kid of an earlier one")]
    Twice(usize),
}

impl SigningKeys {
    /// Reads `kid:base64seed32,kid:base64seed32,…`; either alphabet of base64, padded or not.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        let mut keys: Vec<Key> = Vec::new();
        for (at, entry) in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).enumerate() {
            let number = at + 1;
            let (kid, seed) = entry.split_once(':').ok_or(KeysError::Shape(number))?;
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            if !(1..=64).contains(&kid.len()) || !kid.bytes().all(plain) {
                return Err(KeysError::Shape(number));
            }
            if keys.iter().any(|key| key.kid == kid) {
                return Err(KeysError::Twice(number));
            }
            keys.push(Key::new(kid, &decode_seed(seed).ok_or(KeysError::Seed(number))?));
        }
        if keys.is_empty() { Err(KeysError::None) } else { Ok(Self { keys }) }
    }

    fn signing(&self) -> Option<&Key> {
        self.keys.first()
    }

    fn find(&self, kid: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid == kid)
    }
}

/// Shows the kids alone.
impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.kid)).finish()
    }
}

impl Key {
    fn new(kid: &str, seed: &[u8; 32]) -> Self {
        let public = ed25519_dalek::SigningKey::from_bytes(seed).verifying_key();
        let pkcs8: Vec<u8> = PKCS8_PREFIX.iter().chain(seed).copied().collect();
        Self {
            kid: kid.to_owned(),
            signing: EncodingKey::from_ed_der(&pkcs8),
            // Called "der", this takes the 32 raw bytes of the public key.
            verifying: DecodingKey::from_ed_der(public.as_bytes()),
            public: URL_SAFE_NO_PAD.encode(public.as_bytes()),
        }
    }
}

fn decode_seed(text: &str) -> Option<[u8; 32]> {
    let either = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, either);
    engine.decode(text.replace('-', "+").replace('_', "/")).ok()?.try_into().ok()
}

/// At which door a token serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    Customers,
    Staff,
}

impl Audience {
    pub(crate) fn admits(self, holder: Holder) -> bool {
        (self == Self::Staff) == (holder == Holder::Staff)
    }
}

/// Whom an access token is made for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    Customer(UserId, UserType),
    Staff(StaffId, Role),
}

impl Subject {
    pub(crate) fn id(self) -> Uuid {
        match self {
            Self::Customer(user, _) => user.0,
            Self::Staff(staff, _) => staff.0,
        }
    }

    pub(crate) fn holder(self) -> Holder {
        match self {
            Self::Customer(_, user_type) => Holder::Customer(user_type),
            Self::Staff(..) => Holder::Staff,
        }
    }
}

/// The claims of each kind; `typ` tells them apart, `aud` has to agree with it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "typ", rename_all = "lowercase")]
enum Claims {
    Access(AccessClaims),
    Registration(RegistrationClaims),
    Admin(AdminClaims),
}

impl Claims {
    fn standard(&self) -> &StandardClaims {
        match self {
            Self::Access(c) => &c.standard,
            Self::Registration(c) => &c.standard,
            Self::Admin(c) => &c.standard,
        }
    }

    const fn audience(&self) -> &'static str {
        match self {
            Self::Access(_) => API,
            Self::Registration(_) => REGISTRATION,
            Self::Admin(_) => ADMIN,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessClaims {
    sub: UserId,
    sid: SessionId,
    user_type: UserType,
    /// Raised by what ends all of a user's sessions.
    epoch: i32,
    #[serde(flatten)]
    standard: StandardClaims,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistrationClaims {
    /// The id that the account will have: the token serves once, because an account exists once.
    sub: UserId,
    phone: String,
    user_type: UserType,
    #[serde(flatten)]
    standard: StandardClaims,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AdminClaims {
    sub: StaffId,
    sid: SessionId,
    role: Role,
    epoch: i32,
    #[serde(flatten)]
    standard: StandardClaims,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StandardClaims {
    jti: Uuid,
    iss: String,
    /// One text: a token for two audiences is none of ours.
    aud: String,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

impl StandardClaims {
    /// In force at `now` (seconds), give or take [`LEEWAY_SECONDS`].
    fn in_force(&self, now: i64) -> bool {
        let begun = |at: i64| at.saturating_sub(LEEWAY_SECONDS) <= now;
        // At `exp` itself a token is over (RFC 7519 §4.1.4).
        now < self.exp.saturating_add(LEEWAY_SECONDS) && begun(self.iat) && self.nbf.is_none_or(begun)
    }
}
