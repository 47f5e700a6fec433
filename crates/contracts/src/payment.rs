//! What `payment` tells.

use kernel::{
    Money,
    id::{OrderId, PaymentId, RefundId},
};
use serde::{Deserialize, Serialize};

use crate::Event;

/// The provider holds the money of an order: amount, currency and order were compared with ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSucceeded {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    pub amount: Money,
}

impl Event for PaymentSucceeded {
    const NAME: &'static str = "payment.succeeded.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}

/// A payment is on its way: the customer has something to do, or her bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentProgressed {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// `requires_action`, `processing`
    pub status: String,
}

impl Event for PaymentProgressed {
    const NAME: &'static str = "payment.progressed.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}

/// An attempt to pay failed; another may follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentFailed {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// The provider's code: `card_declined`.
    pub reason: String,
}

impl Event for PaymentFailed {
    const NAME: &'static str = "payment.failed.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}

/// The provider's view of a payment does not agree with ours: a person has to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentMismatched {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// Which of amount, currency, order, livemode differ.
    pub differences: Vec<String>,
}

impl Event for PaymentMismatched {
    const NAME: &'static str = "payment.mismatched.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}

/// The sum of what has gone back of a payment is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    pub paid: Money,
    /// In all, now.
    pub refunded: Money,
    /// Rises with each such event of the payment: one with a lower number is of the past.
    pub revision: i32,
}

impl Event for PaymentRefunded {
    const NAME: &'static str = "payment.refunded.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}

/// Money that was to go back did not arrive: a person has to send it in another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundFailed {
    pub refund_id: RefundId,
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    pub amount: Money,
    /// The provider's code.
    pub reason: String,
}

impl Event for RefundFailed {
    const NAME: &'static str = "payment.refund_failed.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}

/// How a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeOutcome {
    Opened,
    /// The money stays ours.
    Won,
    /// The customer's bank took it back.
    Lost,
}

/// A customer told her bank that a payment was wrong, or the bank has decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDisputed {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// The provider's id of it.
    pub dispute: String,
    pub outcome: DisputeOutcome,
    /// In the provider's words: `product_not_received`.
    pub reason: String,
}

impl Event for PaymentDisputed {
    const NAME: &'static str = "payment.disputed.v1";
    fn aggregate(&self) -> String {
        self.order_id.to_string()
    }
}
