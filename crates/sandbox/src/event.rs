//! Events: what happened to an object and how the object looked then.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::shelf::Shelved;
use crate::world;

/// The version whose shapes the stand-in speaks, the one that `async-stripe` is generated from.
const API_VERSION: &str = "2026-09-30.endive";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventKind {
    Created,
    RequiresAction,
    Processing,
    Succeeded,
    PaymentFailed,
    Canceled,
    ChargeRefunded,
    RefundCreated,
    RefundUpdated,
    RefundFailed,
    DisputeCreated,
    DisputeClosed,
    SetupSucceeded,
}

impl EventKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Created => "payment_intent.created",
            Self::RequiresAction => "payment_intent.requires_action",
            Self::Processing => "payment_intent.processing",
            Self::Succeeded => "payment_intent.succeeded",
            Self::PaymentFailed => "payment_intent.payment_failed",
            Self::Canceled => "payment_intent.canceled",
            Self::ChargeRefunded => "charge.refunded",
            Self::RefundCreated => "refund.created",
            Self::RefundUpdated => "refund.updated",
            Self::RefundFailed => "refund.failed",
            Self::DisputeCreated => "charge.dispute.created",
            Self::DisputeClosed => "charge.dispute.closed",
            Self::SetupSucceeded => "setup_intent.succeeded",
        }
    }
}

/// The request that made something happen; empty when it was the control API.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cause {
    #[serde(rename = "id")]
    pub(crate) request_id: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    created: u64,
    pub(crate) kind: EventKind,
    request: Cause,
    /// JSON text: it never changes again, and text takes a fifth of the memory of a tree.
    object: String,
}

impl Event {
    pub(crate) fn new(kind: EventKind, object: &Value, cause: &Cause) -> Self {
        Self {
            id: world::id("evt_", 24),
            created: world::now(),
            kind,
            request: cause.clone(),
            object: object.to_string(),
        }
    }

    pub(crate) fn wire(&self) -> Value {
        let object: Value = serde_json::from_str(&self.object).unwrap_or_default();
        json!({
            "id": self.id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.created,
            "data": { "object": object },
            "livemode": false,
            "pending_webhooks": 1,
            "request": self.request,
            "type": self.kind.name(),
        })
    }
}

impl Shelved for Event {
    const CAPACITY: usize = 20_000;

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> u64 {
        self.created
    }
}
