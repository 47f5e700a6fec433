//! Refunds of a payment: never more than was taken.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{intent::PaymentIntent, shelf::Shelved, world};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundStatus {
    Pending,
    #[default]
    Succeeded,
    Failed,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    created: u64,
    pub(crate) intent: String,
    charge: Option<String>,
    pub(crate) amount: i64,
    currency: String,
    reason: Option<String>,
    metadata: BTreeMap<String, String>,
    pub(crate) status: RefundStatus,
}

/// What a refund is made from.
pub(crate) struct NewRefund {
    pub(crate) intent: String,
    /// All that is left when not given.
    pub(crate) amount: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl Refund {
    pub(crate) fn new(intent: &PaymentIntent, new: NewRefund, amount: i64, status: RefundStatus) -> Self {
        Self {
            id: world::id("re_", 24),
            created: world::now(),
            intent: new.intent,
            charge: intent.charge().map(str::to_owned),
            amount,
            currency: intent.currency().to_owned(),
            reason: new.reason,
            metadata: new.metadata,
            status,
        }
    }

    /// Whether the money is, or will be, the customer's again.
    pub(crate) fn counts(&self) -> bool {
        self.status != RefundStatus::Failed
    }

    pub(crate) fn wire(&self) -> Value {
        let failed = self.status == RefundStatus::Failed;
        json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": null,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "failure_reason": failed.then_some("expired_or_canceled_card"),
            "metadata": self.metadata,
            "payment_intent": self.intent,
            "reason": self.reason,
            "receipt_number": null,
            "status": self.status,
        })
    }
}

impl Shelved for Refund {
    const CAPACITY: usize = 20_000;

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> u64 {
        self.created
    }
}
