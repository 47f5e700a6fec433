//! How stock can say no.

use std::sync::Arc;

use db::{Contended, DbError, QueryError};
use kernel::{DomainError, ErrorKind, Params, PortError, id::ProductId};
use serde::Serialize;
use serde_json::json;

/// One product of which there is less than was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    pub product_id: ProductId,
    pub requested: u32,
    pub available: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    #[error("not enough in stock of {} products", .0.len())]
    Insufficient(Vec<Shortage>),
    /// The order holds other units than it asks for now: a crash left them, and they are given back within a minute.
    #[error("the order already holds something else")]
    HoldsOther,
    #[error("a quantity is zero or too large")]
    Quantity,
    #[error("there is no such product")]
    ProductNotFound,
    /// What is put aside for orders cannot be taken out of the house.
    #[error("of {on_hand} units {reserved} are put aside")]
    BelowReserved { on_hand: u32, reserved: u32 },
    #[error("stock answered with a state that is not known: {0}")]
    State(String),
    /// Of a call that was made for several.
    #[error(transparent)]
    Shared(#[from] Arc<Self>),
    #[error(transparent)]
    Port(#[from] PortError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<QueryError> for InventoryError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

impl Contended for InventoryError {
    fn is_contention(&self) -> bool {
        match self {
            Self::Db(e) => e.is_contention(),
            Self::Shared(e) => e.is_contention(),
            _ => false,
        }
    }
}

impl DomainError for InventoryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Insufficient(_) | Self::BelowReserved { .. } => ErrorKind::Conflict,
            Self::ProductNotFound => ErrorKind::NotFound,
            Self::Quantity => ErrorKind::Invalid,
            Self::HoldsOther => ErrorKind::Unavailable,
            Self::State(_) => ErrorKind::Internal,
            Self::Shared(e) => e.kind(),
            Self::Port(e) => e.kind(),
            Self::Db(e) => e.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Insufficient(_) => "INSUFFICIENT_STOCK",
            Self::Quantity => "VALIDATION_FAILED",
            Self::ProductNotFound => "PRODUCT_NOT_FOUND",
            Self::BelowReserved { .. } => "STOCK_RESERVED",
            Self::Shared(e) => e.code(),
            Self::HoldsOther | Self::State(_) | Self::Port(_) | Self::Db(_) => "INTERNAL",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Insufficient(items) => Params::from_iter([("items".to_owned(), json!(items))]),
            Self::BelowReserved { on_hand, reserved } => Params::from_iter([
                ("onHand".to_owned(), json!(on_hand)),
                ("reserved".to_owned(), json!(reserved)),
            ]),
            Self::Shared(e) => e.params(),
            _ => Params::new(),
        }
    }
}
