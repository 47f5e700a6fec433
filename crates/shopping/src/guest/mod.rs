//! Guests: people who shop before they sign in, known by a secret that the shop makes.

pub(crate) mod http;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use kernel::secret::{self, NoEntropy};
use sha2::{Digest as _, Sha256};

/// A guest who comes back within this time is still there, and has as long again.
pub(crate) const LIFE: TimeDelta = TimeDelta::days(7);

/// What a guest proves herself by: 256 bits, 43 characters. Its text is given out once and kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct GuestToken(String);

/// What is kept of a token. Only who has the token can make it, and it makes no token.
pub(crate) type TokenHash = [u8; 32];

impl GuestToken {
    pub(crate) fn make() -> Result<Self, NoEntropy> {
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(secret::bytes::<32>()?)))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for GuestToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GuestToken(…)")
    }
}

/// `None` when nobody ever got such a token.
pub(crate) fn hash(token: &str) -> Option<TokenHash> {
    let bytes: [u8; 32] = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
    Some(Sha256::digest(bytes).into())
}
