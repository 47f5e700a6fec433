//! Stripe's events: signed, stored, answered, with the work that they leave behind going on beside it.

use std::time::UNIX_EPOCH;

use anyhow::Result;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::Measured;
use super::crowd::{self, Post};
use crate::shop::WEBHOOK_SECRET;

const AT_ONCE: usize = 32;

/// Each event is another, as large as Stripe's are; one in three is of a kind that is worked on.
pub(super) fn tell(port: u16, events: usize) -> Result<Measured> {
    let now = UNIX_EPOCH.elapsed()?.as_secs();
    let kinds = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"];
    crowd::each(port, (events, AT_ONCE), "webhook, 32 at once", |number| {
        let body = event(number, kinds[number % kinds.len()]).to_string();
        let signature = format!("t={now},v1={}", sign(now, &body));
        Post {
            path: "/stripe/webhook",
            headers: vec![("Stripe-Signature", signature)],
            body,
            statuses: &[200],
        }
    })
}

fn event(number: usize, kind: &str) -> Value {
    let object = if kind.starts_with("charge") { "charge" } else { "payment_intent" };
    json!({
        "id": format!("evt_bench_{number}"), "object": "event", "api_version": "2026-09-30.endive",
        "created": 1, "livemode": false, "pending_webhooks": 1, "type": kind,
        "request": { "id": "req_bench", "idempotency_key": format!("pi:{number}:1") },
        "data": { "object": {
            "id": format!("pi_bench{number}"), "object": object, "payment_intent": format!("pi_bench{number}"),
            "amount": 31_500, "amount_received": 31_500, "currency": "pln", "status": "succeeded",
            "metadata": { "order_id": format!("order {number}"), "payment_id": format!("payment {number}") },
            "description": "x".repeat(1_000),
        } },
    })
}

fn sign(at: u64, body: &str) -> String {
    // HMAC takes a key of any length, so there is no error to report.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()) else { return String::new() };
    mac.update(format!("{at}.{body}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}
