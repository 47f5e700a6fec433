//! What the provider tells us: verified, stored, answered, and only then worked on.

pub(crate) mod http;
pub(crate) mod jobs;
pub(crate) mod signature;
#[cfg(test)]
pub(crate) mod tests;

use chrono::{DateTime, Utc};
use db::Transact as _;
use serde_json::Value;

pub use signature::WebhookSecrets;

use crate::{PaymentError, PaymentService, store};

/// The few fields of an event that we read. It is a hint that something changed, never the truth about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProviderEvent {
    pub(crate) id: String,
    /// `payment_intent.succeeded`
    pub(crate) kind: String,
    /// The `PaymentIntent` it is about, if it is about one.
    pub(crate) intent: Option<String>,
}

/// What an intent can become by money moving, or failing to. The rest is kept and not worked on: fetching the intent
/// for each of the handful of events that one payment makes would only find what the last one found.
const MONEY_MOVED: [&str; 5] = [
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.processing",
    "payment_intent.requires_action",
];

impl ProviderEvent {
    /// Whether there is anything to take over.
    pub(crate) fn moves_money(&self) -> bool {
        self.intent.is_some() && MONEY_MOVED.contains(&self.kind.as_str())
    }

    fn read(payload: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let object = &payload["data"]["object"];
        let intent = match object["object"].as_str() {
            Some("payment_intent") => text(&object["id"]),
            _ => text(&object["payment_intent"]),
        };
        Some(Self { id: text(&payload["id"])?, kind: text(&payload["type"])?, intent })
    }
}

impl PaymentService {
    /// Stores the event, and the job that works on it if it tells of money. A repeated event changes nothing.
    pub(crate) async fn receive(&self, body: &[u8], now: DateTime<Utc>) -> Result<(), PaymentError> {
        let payload: Value = serde_json::from_slice(body).map_err(|_| PaymentError::Event)?;
        let event = ProviderEvent::read(&payload).ok_or(PaymentError::Event)?;
        let mut conn = self.db.conn().await?;
        conn.transaction(async |tx| {
            if store::insert_event(tx, &event, &payload, now).await? && event.moves_money() {
                let work = jobs::EventToWork { event: event.id.clone(), intent: event.intent.clone() };
                bus::enqueue::<jobs::WorkEvent>(tx, &work, now, now).await?;
            }
            Ok::<_, PaymentError>(())
        })
        .await?;
        kernel::crash::point("inbox.after_store");
        Ok(())
    }
}
