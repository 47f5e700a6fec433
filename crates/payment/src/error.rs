//! How paying can fail.

use db::{DbError, QueryError};
use kernel::{DomainError, ErrorKind, id::OrderId};

use crate::ports::ProviderError;

#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    #[error("the signature is missing, old or wrong")]
    Signature,
    #[error("the event cannot be read")]
    Event,
    #[error("order {0} is already being paid with another amount or in another way")]
    Different(OrderId),
    #[error("order {0} is not paid by transfer")]
    NotByTransfer(OrderId),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<QueryError> for PaymentError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

impl DomainError for PaymentError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Signature | Self::Event => ErrorKind::Malformed,
            Self::Different(_) | Self::NotByTransfer(_) | Self::Provider(ProviderError::Refused { .. }) => {
                ErrorKind::Internal
            }
            // What cannot be stored is sent again by the provider; it must not believe otherwise.
            Self::Provider(_) | Self::Db(_) => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Signature => "SIGNATURE_INVALID",
            Self::Event => "MALFORMED_REQUEST",
            Self::Different(_) | Self::NotByTransfer(_) | Self::Provider(_) | Self::Db(_) => "INTERNAL",
        }
    }
}
