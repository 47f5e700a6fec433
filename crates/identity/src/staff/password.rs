//! Passwords of the shop's people, hashed by argon2id (RFC 9106).

use std::fmt;

use argon2::{
    Argon2, PasswordHash as Phc,
    password_hash::{PasswordHasher as _, PasswordVerifier as _},
};

/// 12 characters or more; shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a text is no password of ours; the code of the field's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password has {} to {} characters", Password::MIN_CHARS, Password::MAX_CHARS)]
pub struct PasswordError;

impl Password {
    pub const MIN_CHARS: usize = 12;
    /// More would only be work for whoever checks it.
    pub const MAX_CHARS: usize = 200;

    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        if (Self::MIN_CHARS..=Self::MAX_CHARS).contains(&text.chars().count()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PasswordError)
        }
    }

    /// What is stored for it. Takes tens of milliseconds and 19 MiB: not on a thread that serves.
    pub(crate) fn hash(&self) -> Result<PasswordHash, HashError> {
        let salt: [u8; 16] = kernel::secret::bytes().map_err(|_| HashError)?;
        let hash: Phc =
            Argon2::default().hash_password_with_salt(self.0.as_bytes(), &salt).map_err(|_| HashError)?;
        Ok(PasswordHash(hash.to_string()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A stored hash, in the PHC string format.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PasswordHash(pub(crate) String);

/// The system gave no salt, or the parameters are out of range.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashError;

impl PasswordHash {
    /// Of a password that nobody knows: what is compared with where there is no account, so that it takes as long.
    pub(crate) fn of_nobody() -> Self {
        let (salt, hash) = ("bm9ib2R5IGhlcmUhIQ", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        Self(format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${hash}"))
    }

    /// Whether `given` is the password. As dear as hashing.
    pub(crate) fn admits(&self, given: &str) -> bool {
        Argon2::default().verify_password(given.as_bytes(), self.0.as_str()).is_ok()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Password;

    #[test]
    fn a_password_has_twelve_characters_or_more() {
        assert!(Password::parse("żółta łódź!!").is_ok());
        assert!(Password::parse("elevenchars").is_err());
        assert!(Password::parse(&"x".repeat(201)).is_err());
    }

    #[test]
    fn nobody_s_password_is_judged_like_anybody_s() {
        let real = Password::parse("correct horse battery").unwrap().hash().unwrap().0;
        let nobody = super::PasswordHash::of_nobody();
        let parameters = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(parameters(&nobody.0), parameters(&real));
        assert!(!nobody.admits("correct horse battery") && !nobody.admits(""));
    }

    #[test]
    fn a_hash_is_argon2id_salted_and_shows_nothing() {
        let password = Password::parse("correct horse battery").unwrap();
        let (one, two) = (password.hash().unwrap(), password.hash().unwrap());
        assert!(one.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.0);
        assert_ne!(one.0, two.0);
        assert!(one.admits("correct horse battery") && !one.admits("correct horse battery "));
        assert_eq!(format!("{password:?} {one:?}"), "Password(…) PasswordHash(…)");
    }
}
