//! How a use case of the cart can fail.

use db::{DbError, QueryError};
use kernel::{DomainError, ErrorKind, FieldError, MoneyError, Params, PortError, id::ProductId};
use serde_json::json;

use crate::cart::Quantity;

#[derive(Debug, thiserror::Error)]
pub enum CartError {
    #[error("product {0} does not exist or is not on sale")]
    ProductNotFound(ProductId),
    #[error("{requested} more were asked for; {in_cart} are in the cart already and {available} can be had")]
    InsufficientStock { requested: u32, available: u32, in_cart: u32 },
    #[error("at least {min_quantity} have to be taken")]
    MinQuantity { min_quantity: u32 },
    #[error("a line holds 1 to {} units", Quantity::MAX)]
    QuantityOutOfRange,
    #[error("a cart holds at most {max} lines")]
    CartFull { max: usize },
    #[error("there is no such item in the cart")]
    ItemNotFound,
    #[error("one item is named twice")]
    ItemTwice,
    #[error("nobody can have more than {max} favourites")]
    FavoritesFull { max: i64 },
    #[error("the guest's session is over")]
    GuestExpired,
    #[error(transparent)]
    NoEntropy(#[from] kernel::secret::NoEntropy),
    #[error("a total is out of range")]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Port(#[from] PortError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<QueryError> for CartError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

impl DomainError for CartError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::ProductNotFound(_) | Self::ItemNotFound => ErrorKind::NotFound,
            Self::InsufficientStock { .. } | Self::CartFull { .. } | Self::FavoritesFull { .. } => {
                ErrorKind::Conflict
            }
            Self::MinQuantity { .. } | Self::QuantityOutOfRange | Self::ItemTwice => ErrorKind::Invalid,
            Self::GuestExpired => ErrorKind::Unauthenticated,
            Self::Money(_) | Self::NoEntropy(_) => ErrorKind::Internal,
            Self::Port(e) => e.kind(),
            Self::Db(e) => e.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::ProductNotFound(_) => "PRODUCT_NOT_FOUND",
            Self::InsufficientStock { .. } => "INSUFFICIENT_STOCK",
            Self::MinQuantity { .. } => "MIN_QUANTITY",
            Self::QuantityOutOfRange | Self::ItemTwice => "VALIDATION_FAILED",
            Self::CartFull { .. } => "CART_FULL",
            Self::ItemNotFound => "CART_ITEM_NOT_FOUND",
            Self::FavoritesFull { .. } => "FAVORITES_FULL",
            Self::GuestExpired => "GUEST_SESSION_EXPIRED",
            _ if self.kind() == ErrorKind::Unavailable => "UNAVAILABLE",
            _ => "INTERNAL",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::InsufficientStock { requested, available, in_cart } => params([
                ("requested", json!(requested)),
                ("available", json!(available)),
                ("inCart", json!(in_cart)),
            ]),
            Self::MinQuantity { min_quantity } => params([("minQuantity", json!(min_quantity))]),
            Self::CartFull { max } => params([("max", json!(max))]),
            Self::FavoritesFull { max } => params([("max", json!(max))]),
            _ => Params::new(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::QuantityOutOfRange => vec![FieldError {
                field: "quantity".to_owned(),
                code: "RANGE",
                params: params([("min", json!(1)), ("max", json!(Quantity::MAX))]),
            }],
            Self::ItemTwice => {
                vec![FieldError { field: "items".to_owned(), code: "DUPLICATE", params: Params::new() }]
            }
            _ => Vec::new(),
        }
    }
}

fn params<const N: usize>(named: [(&str, serde_json::Value); N]) -> Params {
    named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
