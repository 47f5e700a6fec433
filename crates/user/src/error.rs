//! How an operation on users can fail.

use db::{DbError, QueryError};
use kernel::{DomainError, ErrorKind, Params, PortError};

#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("the number has an account of this type already")]
    AlreadyRegistered,
    /// It takes the tax register.
    #[error("companies cannot register yet")]
    CorporateRegistration,
    #[error("there is no such user")]
    NotFound,
    #[error("an address book holds at most {max} addresses")]
    TooManyAddresses { max: usize },
    #[error("the session could not be opened")]
    Port(#[from] PortError),
    #[error("the user could not be put into JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<QueryError> for UserError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

impl DomainError for UserError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::AlreadyRegistered | Self::TooManyAddresses { .. } => ErrorKind::Conflict,
            Self::CorporateRegistration => ErrorKind::NotImplemented,
            Self::NotFound => ErrorKind::NotFound,
            Self::Json(_) => ErrorKind::Internal,
            Self::Port(e) => e.kind(),
            Self::Db(e) => e.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyRegistered => "ALREADY_REGISTERED",
            Self::CorporateRegistration => "NOT_IMPLEMENTED",
            Self::NotFound => "NOT_FOUND",
            Self::TooManyAddresses { .. } => "TOO_MANY_ADDRESSES",
            Self::Port(_) | Self::Json(_) | Self::Db(_) => "INTERNAL",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::TooManyAddresses { max } => Params::from_iter([("max".to_owned(), (*max).into())]),
            _ => Params::new(),
        }
    }
}
