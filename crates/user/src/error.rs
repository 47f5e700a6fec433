//! How an operation on users can fail.

use std::time::Duration;

use db::{DbError, QueryError};
use kernel::{DomainError, ErrorKind, Params, PortError};
use serde_json::json;

use crate::ports::{CodeError, TaxRecord};

/// How long a caller is asked to leave the tax register alone.
const REGISTER_PAUSE: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("the number has an account of this type already")]
    AlreadyRegistered,
    #[error("there is no such user")]
    NotFound,
    #[error("there is no such address")]
    AddressNotFound,
    #[error("an address book holds at most {max} addresses")]
    TooManyAddresses { max: usize },
    #[error("the tax register does not know the number")]
    CompanyNotFound,
    #[error("the company does not pay VAT: {}", .0.vat_status.as_str())]
    VatNotActive(Box<TaxRecord>),
    /// It did not answer, or was not asked because it had not answered before.
    #[error("the tax register does not answer")]
    RegisterAway(#[source] Option<PortError>),
    #[error(transparent)]
    Code(#[from] CodeError),
    #[error("another domain could not be asked")]
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
            Self::AlreadyRegistered | Self::TooManyAddresses { .. } | Self::VatNotActive(_) => {
                ErrorKind::Conflict
            }
            Self::NotFound | Self::AddressNotFound | Self::CompanyNotFound => ErrorKind::NotFound,
            Self::RegisterAway(_) => ErrorKind::Unavailable,
            Self::Code(CodeError::Wrong) => ErrorKind::Unauthenticated,
            Self::Code(CodeError::Expired) => ErrorKind::Gone,
            Self::Code(CodeError::Locked { .. } | CodeError::TooMany { .. }) => ErrorKind::RateLimited,
            Self::Json(_) => ErrorKind::Internal,
            Self::Port(e) | Self::Code(CodeError::Port(e)) => e.kind(),
            Self::Db(e) => e.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyRegistered => "ALREADY_REGISTERED",
            Self::NotFound => "NOT_FOUND",
            Self::AddressNotFound => "ADDRESS_NOT_FOUND",
            Self::TooManyAddresses { .. } => "TOO_MANY_ADDRESSES",
            Self::CompanyNotFound => "COMPANY_NOT_FOUND",
            Self::VatNotActive(_) => "VAT_NOT_ACTIVE",
            Self::RegisterAway(_) => "UNAVAILABLE",
            Self::Code(CodeError::Wrong) => "OTP_INVALID",
            Self::Code(CodeError::Expired) => "OTP_EXPIRED",
            Self::Code(CodeError::Locked { .. }) => "OTP_LOCKED",
            Self::Code(CodeError::TooMany { .. }) => "OTP_LIMIT",
            Self::Port(_) | Self::Code(CodeError::Port(_)) | Self::Json(_) | Self::Db(_) => "INTERNAL",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::TooManyAddresses { max } => Params::from_iter([("max".to_owned(), (*max).into())]),
            Self::VatNotActive(record) => Params::from_iter([
                ("nip".to_owned(), json!(record.nip)),
                ("companyName".to_owned(), json!(record.name)),
                ("statusVat".to_owned(), json!(record.vat_status)),
                ("regon".to_owned(), json!(record.regon)),
                ("krs".to_owned(), json!(record.krs)),
                ("address".to_owned(), json!(record.address)),
                ("registrationDate".to_owned(), json!(record.registered_on)),
            ]),
            _ => Params::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Code(CodeError::Locked { wait } | CodeError::TooMany { wait }) => Some(*wait),
            Self::RegisterAway(_) => Some(REGISTER_PAUSE),
            _ => None,
        }
    }
}
