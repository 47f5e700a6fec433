//! Answers of Stripe's, as far as they are read. What is not read cannot make an answer unreadable.

use std::collections::HashMap;

use miniserde::Deserialize;
use payment::ports::{DisputeState, ProviderDispute, ProviderRefund, ProviderRefundStatus, SavedCard};
use stripe_core::PaymentIntent;

#[derive(Deserialize)]
pub(crate) struct IntentList {
    pub(crate) data: Vec<PaymentIntent>,
}

/// <https://docs.stripe.com/api/refunds/object>
#[derive(Deserialize)]
pub(crate) struct Refund {
    id: String,
    amount: i64,
    payment_intent: Option<String>,
    metadata: Option<HashMap<String, String>>,
    status: Option<String>,
    failure_reason: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct RefundList {
    pub(crate) data: Vec<Refund>,
}

/// <https://docs.stripe.com/api/disputes/object>
#[derive(Deserialize)]
pub(crate) struct Dispute {
    id: String,
    amount: i64,
    reason: String,
    status: String,
}

#[derive(Deserialize)]
pub(crate) struct DisputeList {
    pub(crate) data: Vec<Dispute>,
}

/// Whatever it is, it has an id.
#[derive(Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
}

/// <https://docs.stripe.com/api/setup_intents/object>
#[derive(Deserialize)]
pub(crate) struct Setup {
    pub(crate) id: String,
    pub(crate) client_secret: String,
}

/// <https://docs.stripe.com/api/payment_methods/object>
#[derive(Deserialize)]
pub(crate) struct Card {
    id: String,
    card: Option<CardDetails>,
}

#[derive(Deserialize)]
struct CardDetails {
    brand: String,
    last4: String,
    exp_month: u8,
    exp_year: u16,
}

#[derive(Deserialize)]
pub(crate) struct CardList {
    pub(crate) data: Vec<Card>,
}

impl Refund {
    pub(crate) fn into_port(self) -> ProviderRefund {
        let ours = self.metadata.as_ref().and_then(|metadata| metadata.get("refund_id"));
        ProviderRefund {
            refund: ours.and_then(|id| id.parse().ok()),
            id: self.id,
            intent: self.payment_intent,
            amount: self.amount,
            status: match self.status.as_deref() {
                Some("succeeded") => ProviderRefundStatus::Succeeded,
                Some("failed" | "canceled") => ProviderRefundStatus::Failed,
                // Also `requires_action`, and what did not exist when this was written.
                _ => ProviderRefundStatus::Pending,
            },
            failure: self.failure_reason,
        }
    }
}

impl Dispute {
    pub(crate) fn into_port(self) -> ProviderDispute {
        ProviderDispute {
            state: match self.status.as_str() {
                "won" | "warning_closed" | "prevented" => DisputeState::Won,
                "lost" => DisputeState::Lost,
                _ => DisputeState::Opened,
            },
            id: self.id,
            amount: self.amount,
            reason: self.reason,
        }
    }
}

impl Card {
    /// Nothing for what is no card.
    pub(crate) fn into_port(self) -> Option<SavedCard> {
        let CardDetails { brand, last4, exp_month, exp_year } = self.card?;
        Some(SavedCard { id: self.id, brand, last4, expires_month: exp_month, expires_year: exp_year })
    }
}
