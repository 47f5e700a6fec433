//! How ordering can fail.

use db::{DbError, LockError, QueryError};
use kernel::{
    DomainError, ErrorKind, FieldError, Money, MoneyError, Params, PortError,
    id::{OrderId, ProductId},
};
use serde::Serialize;
use serde_json::json;

use crate::OrderStatus;

/// A product of which there is less than the cart holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    pub product_id: ProductId,
    pub requested: u32,
    pub available: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error("the order does not exist or is somebody else's")]
    NotFound,
    #[error("the cart is empty")]
    CartEmpty,
    #[error("this cart became order {0} already")]
    CartAlreadyOrdered(OrderId),
    #[error("a product in the cart is no longer sold")]
    ProductUnavailable(Vec<ProductId>),
    #[error("a line is below the product's minimum")]
    BelowMinimumQuantity { product: ProductId, min_quantity: u32 },
    #[error("not enough in stock of {} products", .0.len())]
    InsufficientStock(Vec<Shortage>),
    #[error("the customer expected another total")]
    PriceChanged { expected: Money, current: Money },
    #[error("the order is below the minimum")]
    MinimumOrder { required: Money, current: Money },
    #[error("the address is not in the customer's book")]
    AddressNotFound { field: &'static str },
    #[error("this customer cannot pay that way")]
    PaymentMethodNotAvailable,
    /// Paying by transfer needs one of the approved numbers of days.
    #[error("not one of the approved terms of payment")]
    PaymentTerm { given: bool, approved: Vec<u16> },
    #[error("the customer has {limit} orders that wait for their money")]
    TooManyUnpaidOrders { limit: u32 },
    #[error("the customer has put aside {unpaid} of a product without paying")]
    TooManyUnpaidUnits { product: ProductId, limit: u32, unpaid: u32 },
    #[error("an order that is {} waits for no money", .0.as_str())]
    CannotPay(OrderStatus),
    #[error("there were too many attempts to pay the order")]
    TooManyAttempts,
    #[error("an order that is {} cannot be cancelled", .0.as_str())]
    CannotCancel(OrderStatus),
    #[error("the customer's bank is at the payment: nobody can tell yet how it ends")]
    PaymentUnderWay,
    #[error("the order is not paid by transfer")]
    NotOnAccount,
    #[error("another parcel has this number")]
    TrackingNumberTaken,
    #[error("an order that is {} cannot become that", .0.as_str())]
    CannotMove(OrderStatus),
    #[error("the total is out of range")]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Port(#[from] PortError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<QueryError> for OrderError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

impl DomainError for OrderError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::CartEmpty
            | Self::CartAlreadyOrdered(_)
            | Self::ProductUnavailable(_)
            | Self::InsufficientStock(_)
            | Self::PriceChanged { .. }
            | Self::CannotCancel(_)
            | Self::CannotPay(_)
            | Self::TooManyAttempts
            | Self::PaymentUnderWay
            | Self::NotOnAccount
            | Self::TooManyUnpaidOrders { .. }
            | Self::TooManyUnpaidUnits { .. }
            | Self::TrackingNumberTaken
            | Self::CannotMove(_) => ErrorKind::Conflict,
            Self::BelowMinimumQuantity { .. }
            | Self::MinimumOrder { .. }
            | Self::AddressNotFound { .. }
            | Self::PaymentTerm { .. }
            | Self::PaymentMethodNotAvailable => ErrorKind::Invalid,
            Self::Money(_) => ErrorKind::Internal,
            Self::Lock(LockError::Lost(_)) => ErrorKind::Unavailable,
            Self::Port(e) => e.kind(),
            Self::Db(e) | Self::Lock(LockError::Db(e)) => e.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "ORDER_NOT_FOUND",
            Self::CartEmpty => "CART_EMPTY",
            Self::CartAlreadyOrdered(_) => "CART_ALREADY_ORDERED",
            Self::ProductUnavailable(_) => "PRODUCT_UNAVAILABLE",
            Self::BelowMinimumQuantity { .. } => "MIN_QUANTITY",
            Self::InsufficientStock(_) => "INSUFFICIENT_STOCK",
            Self::PriceChanged { .. } => "PRICE_CHANGED",
            Self::MinimumOrder { .. } => "MINIMUM_ORDER",
            Self::AddressNotFound { .. } => "ADDRESS_NOT_FOUND",
            Self::PaymentMethodNotAvailable => "PAYMENT_METHOD_NOT_AVAILABLE",
            Self::PaymentTerm { .. } => "VALIDATION_FAILED",
            Self::TooManyUnpaidOrders { .. } => "TOO_MANY_UNPAID_ORDERS",
            Self::TooManyUnpaidUnits { .. } => "TOO_MANY_UNPAID_UNITS",
            Self::NotOnAccount => "ORDER_NOT_ON_ACCOUNT",
            Self::CannotPay(_) => "ORDER_CANNOT_BE_PAID",
            Self::TooManyAttempts => "TOO_MANY_PAYMENT_ATTEMPTS",
            Self::CannotCancel(_) => "ORDER_CANNOT_BE_CANCELLED",
            Self::PaymentUnderWay => "PAYMENT_UNDER_WAY",
            Self::TrackingNumberTaken => "TRACKING_NUMBER_TAKEN",
            Self::CannotMove(_) => "ORDER_STATUS_CONFLICT",
            Self::Money(_) | Self::Port(_) | Self::Lock(_) | Self::Db(_) => "INTERNAL",
        }
    }

    fn params(&self) -> Params {
        let params = match self {
            Self::CartAlreadyOrdered(order) => json!({ "orderId": order }),
            Self::ProductUnavailable(products) => json!({ "productIds": products }),
            Self::BelowMinimumQuantity { product, min_quantity } => {
                json!({ "productId": product, "minQuantity": min_quantity })
            }
            Self::InsufficientStock(items) => json!({ "items": items }),
            Self::PriceChanged { expected, current } => json!({ "expected": expected, "current": current }),
            Self::MinimumOrder { required, current } => json!({ "required": required, "current": current }),
            Self::TooManyUnpaidOrders { limit } => json!({ "limit": limit }),
            Self::TooManyUnpaidUnits { product, limit, unpaid } => {
                json!({ "productId": product, "limit": limit, "unpaid": unpaid })
            }
            Self::CannotCancel(status) | Self::CannotMove(status) | Self::CannotPay(status) => {
                json!({ "status": status.as_str() })
            }
            _ => return Params::new(),
        };
        match params {
            serde_json::Value::Object(params) => params,
            _ => Params::new(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::AddressNotFound { field } => {
                vec![FieldError { field: (*field).to_owned(), code: "INVALID", params: Params::new() }]
            }
            Self::PaymentTerm { given, approved } => {
                let params = Params::from_iter([("approved".to_owned(), json!(approved))]);
                let code = if *given { "INVALID" } else { "REQUIRED" };
                vec![FieldError { field: "paymentTermDays".to_owned(), code, params }]
            }
            _ => Vec::new(),
        }
    }
}
