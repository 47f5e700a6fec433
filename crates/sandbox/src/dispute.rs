//! Disputes: a customer tells the bank that a payment was wrong.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{intent::PaymentIntent, shelf::Shelved, world};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DisputeStatus {
    NeedsResponse,
    Won,
    Lost,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    created: u64,
    pub(crate) intent: String,
    charge: Option<String>,
    amount: i64,
    currency: String,
    reason: String,
    pub(crate) status: DisputeStatus,
}

impl Dispute {
    pub(crate) fn of(intent: &PaymentIntent, reason: String) -> Self {
        Self {
            id: world::id("du_", 24),
            created: world::now(),
            intent: intent.id.clone(),
            charge: intent.charge().map(str::to_owned),
            amount: intent.received(),
            currency: intent.currency().to_owned(),
            reason,
            status: DisputeStatus::NeedsResponse,
        }
    }

    pub(crate) fn wire(&self) -> Value {
        json!({
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "livemode": false,
            "metadata": {},
            "payment_intent": self.intent,
            "reason": self.reason,
            "status": self.status,
        })
    }
}

impl Shelved for Dispute {
    const CAPACITY: usize = 20_000;

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> u64 {
        self.created
    }
}
