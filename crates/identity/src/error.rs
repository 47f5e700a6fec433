//! How proving who one is can fail.

use std::time::Duration;

use db::{DbError, QueryError};
use kernel::{DomainError, ErrorKind, FieldError, Params, PortError, secret::NoEntropy};

use crate::staff::{HashError, StaffError};

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("no codes are sent to this country")]
    Country,
    #[error("too many codes were asked for; the next may be in {wait:?}")]
    SendLimit { wait: Duration },
    #[error("too many wrong codes; try again in {wait:?}")]
    Locked { wait: Duration },
    /// Wrong code, wrong phone, used code, unknown challenge: one answer for all.
    #[error("the code is not right")]
    WrongCode,
    #[error("the code has expired")]
    ExpiredCode,
    #[error("the refresh token is not good (any more)")]
    RefreshRefused,
    #[error("the number is the one that the account has")]
    SamePhone,
    #[error("somebody has an account of this type with the number")]
    PhoneTaken,
    #[error("there is no such account")]
    NotFound,
    #[error("there is no such guest session, or somebody else took it along")]
    NoSuchGuest,
    #[error(transparent)]
    Staff(#[from] StaffError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("a token could not be signed")]
    Signing(#[from] jsonwebtoken::errors::Error),
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    #[error("another domain could not be asked")]
    Port(#[from] PortError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<QueryError> for IdentityError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

impl DomainError for IdentityError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Country | Self::SamePhone => ErrorKind::Invalid,
            Self::SendLimit { .. } | Self::Locked { .. } => ErrorKind::RateLimited,
            Self::WrongCode | Self::RefreshRefused => ErrorKind::Unauthenticated,
            Self::ExpiredCode => ErrorKind::Gone,
            Self::PhoneTaken => ErrorKind::Conflict,
            Self::NotFound | Self::NoSuchGuest => ErrorKind::NotFound,
            Self::Signing(_) | Self::NoEntropy(_) | Self::Hash(_) => ErrorKind::Internal,
            Self::Staff(e) => e.kind(),
            Self::Port(e) => e.kind(),
            Self::Db(e) => e.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Country | Self::SamePhone => "VALIDATION_FAILED",
            Self::SendLimit { .. } => "OTP_LIMIT",
            Self::Locked { .. } => "OTP_LOCKED",
            Self::WrongCode => "OTP_INVALID",
            Self::ExpiredCode => "OTP_EXPIRED",
            Self::NoSuchGuest => "GUEST_SESSION_NOT_FOUND",
            Self::RefreshRefused => "UNAUTHENTICATED",
            Self::PhoneTaken => "PHONE_TAKEN",
            Self::NotFound => "NOT_FOUND",
            Self::Staff(e) => e.code(),
            Self::Signing(_) | Self::NoEntropy(_) | Self::Hash(_) | Self::Port(_) | Self::Db(_) => "INTERNAL",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let (field, code) = match self {
            Self::Country => ("phoneNumber", "COUNTRY"),
            Self::SamePhone => ("newPhoneNumber", "SAME_PHONE"),
            _ => return Vec::new(),
        };
        vec![FieldError { field: field.to_owned(), code, params: Params::new() }]
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::SendLimit { wait } | Self::Locked { wait } => Some(*wait),
            Self::Staff(e) => e.retry_after(),
            _ => None,
        }
    }
}

impl DomainError for StaffError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::BadCredentials => ErrorKind::Unauthenticated,
            Self::Locked { .. } => ErrorKind::RateLimited,
            Self::EmailTaken | Self::LastOwner => ErrorKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadCredentials => "BAD_CREDENTIALS",
            Self::Locked { .. } => "LOGIN_LOCKED",
            Self::EmailTaken => "EMAIL_TAKEN",
            Self::LastOwner => "LAST_OWNER",
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Locked { wait } => Some(*wait),
            _ => None,
        }
    }
}
