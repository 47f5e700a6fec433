//! How proving who one is can fail.

use std::time::Duration;

use db::{DbError, QueryError};
use kernel::{DomainError, ErrorKind, FieldError, Params, PortError, secret::NoEntropy};

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
    #[error("a token could not be signed")]
    Signing(#[from] jsonwebtoken::errors::Error),
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    #[error("the accounts could not be asked")]
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
            Self::Country => ErrorKind::Invalid,
            Self::SendLimit { .. } | Self::Locked { .. } => ErrorKind::RateLimited,
            Self::WrongCode | Self::RefreshRefused => ErrorKind::Unauthenticated,
            Self::ExpiredCode => ErrorKind::Gone,
            Self::Signing(_) | Self::NoEntropy(_) => ErrorKind::Internal,
            Self::Port(e) => e.kind(),
            Self::Db(e) => e.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Country => "VALIDATION_FAILED",
            Self::SendLimit { .. } => "OTP_LIMIT",
            Self::Locked { .. } => "OTP_LOCKED",
            Self::WrongCode => "OTP_INVALID",
            Self::ExpiredCode => "OTP_EXPIRED",
            Self::RefreshRefused => "UNAUTHENTICATED",
            Self::Signing(_) | Self::NoEntropy(_) | Self::Port(_) | Self::Db(_) => "INTERNAL",
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Country => {
                vec![FieldError { field: "phoneNumber".to_owned(), code: "COUNTRY", params: Params::new() }]
            }
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::SendLimit { wait } | Self::Locked { wait } => Some(*wait),
            _ => None,
        }
    }
}
