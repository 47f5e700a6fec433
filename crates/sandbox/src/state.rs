//! Everything the stand-in remembers, and the changes that can be made to it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call_log::Call;
use crate::error::ApiError;
use crate::event::{Cause, Event, EventKind};
use crate::idempotency::Kept;
use crate::intent::{Card, Decline, Draft, PaymentIntent};
use crate::shelf::Shelf;
use crate::webhook::Outbox;

/// Recorded calls are for assertions, so only the last ones matter.
const CALLS: usize = 5_000;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) intents: Shelf<PaymentIntent>,
    pub(crate) events: Shelf<Event>,
    pub(crate) answers: Shelf<Kept>,
    pub(crate) outbox: Outbox,
    #[serde(skip)]
    pub(crate) calls: VecDeque<Call>,
    /// Rises with every change that a restart must remember.
    #[serde(skip)]
    version: u64,
}

impl State {
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn changed(&mut self) {
        self.version += 1;
    }

    pub(crate) fn record_call(&mut self, call: Call) {
        if self.calls.len() >= CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    pub(crate) fn intent(&self, id: &str) -> Result<&PaymentIntent, ApiError> {
        self.intents.get(id).ok_or_else(|| ApiError::no_such("payment_intent", id, "intent"))
    }

    pub(crate) fn create(&mut self, draft: Draft, cause: &Cause) -> Value {
        let intent = PaymentIntent::new(draft);
        let wire = intent.wire();
        self.intents.add(intent);
        self.tell(EventKind::Created, &wire, cause);
        wire
    }

    pub(crate) fn succeed(&mut self, id: &str, card: Card, cause: &Cause) -> Result<(), ApiError> {
        self.advance(id, cause, |intent| intent.succeed(card))
    }

    pub(crate) fn decline(
        &mut self,
        id: &str,
        card: Card,
        decline: Decline,
        cause: &Cause,
    ) -> Result<(), ApiError> {
        self.advance(id, cause, |intent| intent.decline(card, decline))
    }

    pub(crate) fn cancel(&mut self, id: &str, reason: Option<String>, cause: &Cause) -> Result<(), ApiError> {
        self.advance(id, cause, |intent| intent.cancel(reason))
    }

    fn advance(
        &mut self,
        id: &str,
        cause: &Cause,
        step: impl FnOnce(&mut PaymentIntent) -> Result<EventKind, ApiError>,
    ) -> Result<(), ApiError> {
        let intent =
            self.intents.get_mut(id).ok_or_else(|| ApiError::no_such("payment_intent", id, "intent"))?;
        let kind = step(intent)?;
        let wire = intent.wire();
        self.tell(kind, &wire, cause);
        Ok(())
    }

    fn tell(&mut self, kind: EventKind, object: &Value, cause: &Cause) {
        let event = Event::new(kind, object, cause);
        // As at Stripe, an event that nobody listens to is listed but never delivered.
        if self.outbox.target().url.is_some() {
            self.outbox.enqueue(&event.id);
        }
        self.events.add(event);
        self.changed();
    }
}
