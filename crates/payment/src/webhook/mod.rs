//! What the provider tells us: verified, stored, answered, and only then worked on.

pub(crate) mod http;
pub(crate) mod jobs;
pub(crate) mod signature;
pub(crate) mod store;
#[cfg(test)]
pub(crate) mod tests;

use chrono::{DateTime, Utc};
use serde::Deserialize;

pub use signature::WebhookSecrets;

use crate::{PaymentError, PaymentService};

/// The few fields of an event that we read. It is a hint that something changed, never the truth about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProviderEvent {
    pub(crate) id: String,
    /// `payment_intent.succeeded`
    pub(crate) kind: String,
    /// The `PaymentIntent` it is about, if it is about one.
    pub(crate) intent: Option<String>,
}

/// What there is to ask the provider about, by the kind of an event. The rest is kept and not worked on; an endpoint at
/// the provider that names those in `webhook-events.txt` is not sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Intent,
    Refunds,
    Disputes,
}

impl About {
    pub(crate) fn of(kind: &str) -> Option<Self> {
        match kind {
            // An intent that was made has not moved.
            "payment_intent.succeeded"
            | "payment_intent.payment_failed"
            | "payment_intent.canceled"
            | "payment_intent.processing"
            | "payment_intent.requires_action" => Some(Self::Intent),
            "charge.refunded" | "refund.updated" | "refund.failed" => Some(Self::Refunds),
            "charge.dispute.created" | "charge.dispute.closed" => Some(Self::Disputes),
            _ => None,
        }
    }
}

/// An event as it is sent, as far as it is read.
#[derive(Deserialize)]
struct Sent {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Option<SentData>,
}

#[derive(Deserialize)]
struct SentData {
    object: SentObject,
}

#[derive(Deserialize)]
struct SentObject {
    id: Option<String>,
    object: Option<String>,
    payment_intent: Option<String>,
}

impl ProviderEvent {
    /// Whether there is anything to take over.
    pub(crate) fn is_work(&self) -> bool {
        self.intent.is_some() && About::of(&self.kind).is_some()
    }

    fn read(body: &str) -> Option<Self> {
        let Sent { id, kind, data } = serde_json::from_str(body).ok()?;
        let intent = data.and_then(|data| match data.object.object.as_deref() {
            Some("payment_intent") => data.object.id,
            _ => data.object.payment_intent,
        });
        Some(Self { id, kind, intent })
    }
}

impl PaymentService {
    /// Stores the event with the job that works on it, by one statement. A repeated event changes nothing.
    pub(crate) async fn receive(&self, body: &[u8], now: DateTime<Utc>) -> Result<(), PaymentError> {
        let body = std::str::from_utf8(body).map_err(|_| PaymentError::Event)?;
        let event = ProviderEvent::read(body).ok_or(PaymentError::Event)?;
        store::receive(&mut *self.db.conn().await?, &event, body, now).await?;
        kernel::crash::point("inbox.after_store");
        Ok(())
    }
}
