//! How paying can fail.

use db::{DbError, QueryError};
use kernel::{DomainError, ErrorKind, Money, Params, id::OrderId};
use serde_json::json;

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
    #[error("nothing that was paid is left to give back")]
    NothingToRefund,
    #[error("more than what is left of what was paid")]
    RefundTooLarge { left: Money },
    #[error("there is no such refund that is transferred by hand")]
    RefundNotFound,
    #[error("there is no such event of the provider's")]
    EventNotFound,
    #[error("the customer has not saved this card")]
    CardNotFound,
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
            Self::NothingToRefund | Self::RefundTooLarge { .. } => ErrorKind::Conflict,
            Self::RefundNotFound | Self::EventNotFound | Self::CardNotFound => ErrorKind::NotFound,
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
            Self::NothingToRefund => "NOTHING_TO_REFUND",
            Self::RefundTooLarge { .. } => "REFUND_TOO_LARGE",
            Self::RefundNotFound => "REFUND_NOT_FOUND",
            Self::EventNotFound => "PAYMENT_EVENT_NOT_FOUND",
            Self::CardNotFound => "PAYMENT_METHOD_NOT_FOUND",
            Self::Different(_) | Self::NotByTransfer(_) | Self::Provider(_) | Self::Db(_) => "INTERNAL",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::RefundTooLarge { left } => Params::from_iter([("left".to_owned(), json!(left))]),
            _ => Params::new(),
        }
    }
}
