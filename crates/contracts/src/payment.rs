//! What `payment` tells.

use kernel::{
    Money,
    id::{OrderId, PaymentId},
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
