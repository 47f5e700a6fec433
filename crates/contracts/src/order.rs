//! What `order` tells.

use chrono::{DateTime, Utc};
use kernel::{
    Money,
    id::{CartId, OrderId, PaymentId, ProductId, UserId},
};
use serde::{Deserialize, Serialize};

use crate::Event;

/// How an order is to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    Card,
    Blik,
    P24,
    BankTransfer,
}

/// An order exists; its stock is held, its payment is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    pub order_id: OrderId,
    pub user_id: UserId,
    pub total: Money,
    pub method: PaymentMethod,
    /// Until when the order waits for its money.
    pub hold_until: DateTime<Utc>,
}

impl Event for OrderPlaced {
    const NAME: &'static str = "order.placed.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}

/// The money for an order is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderPaid {
    pub order_id: OrderId,
    pub user_id: UserId,
    /// The cart it was made from.
    pub cart_id: CartId,
    pub lines: Vec<OrderedLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderedLine {
    pub product_id: ProductId,
    pub quantity: u32,
}

impl Event for OrderPaid {
    const NAME: &'static str = "order.paid.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}

/// Why an order came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderEnd {
    /// Its money did not come in time.
    Expired,
    Cancelled,
}

/// An order came to nothing: what was put aside for it can be sold again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderEnded {
    pub order_id: OrderId,
    pub user_id: UserId,
    pub end: OrderEnd,
    /// Whether its money is here, and has to go back.
    pub paid: bool,
    /// Whether its units had left the books already: it was to be paid by transfer.
    #[serde(default)]
    pub on_account: bool,
}

impl Event for OrderEnded {
    const NAME: &'static str = "order.ended.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}

/// The money for an order on account has not come by the day it was due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderOverdue {
    pub order_id: OrderId,
    pub user_id: UserId,
    pub total: Money,
    pub due_at: DateTime<Utc>,
    /// When it is called off, should the money not have come by then.
    pub hold_until: DateTime<Utc>,
}

impl Event for OrderOverdue {
    const NAME: &'static str = "order.overdue.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}

/// Why money has to go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundCause {
    /// It came for an order that had ended.
    Late,
    /// It came twice.
    Twice,
    /// Its order was called off.
    Cancelled,
}

impl RefundCause {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Twice => "twice",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Money that came for an order is not wanted: all of it goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundDue {
    pub order_id: OrderId,
    /// Which attempt brought it; nothing: every one that did.
    pub payment_id: Option<PaymentId>,
    pub cause: RefundCause,
}

impl Event for RefundDue {
    const NAME: &'static str = "order.refund_due.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}
