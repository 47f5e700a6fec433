//! Everything the stand-in remembers, and the changes that can be made to it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call_log::Call;
use crate::customer::{Customer, Saved, SetupIntent};
use crate::dispute::{Dispute, DisputeStatus};
use crate::error::ApiError;
use crate::event::{Cause, Event, EventKind};
use crate::faults::Faults;
use crate::idempotency::Kept;
use crate::intent::{Decline, Draft, Instrument, PaymentIntent, Redirect};
use crate::refund::{NewRefund, Refund, RefundStatus};
use crate::shelf::Shelf;
use crate::webhook::Outbox;

/// Recorded calls are for assertions, so only the last ones matter.
const CALLS: usize = 5_000;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) intents: Shelf<PaymentIntent>,
    pub(crate) refunds: Shelf<Refund>,
    pub(crate) disputes: Shelf<Dispute>,
    pub(crate) customers: Shelf<Customer>,
    pub(crate) saved: Shelf<Saved>,
    pub(crate) setups: Shelf<SetupIntent>,
    pub(crate) events: Shelf<Event>,
    pub(crate) answers: Shelf<Kept>,
    pub(crate) outbox: Outbox,
    /// What becomes of a refund when it is made.
    pub(crate) refunds_become: RefundStatus,
    #[serde(skip)]
    pub(crate) faults: Faults,
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

    pub(crate) fn create(&mut self, draft: Draft, cause: &Cause) -> Result<Value, ApiError> {
        if let Some(customer) = draft.customer.as_deref() {
            self.customer(customer)?;
        }
        let intent = PaymentIntent::new(draft);
        let wire = intent.wire();
        self.intents.add(intent);
        self.tell(EventKind::Created, &wire, cause);
        Ok(wire)
    }

    pub(crate) fn require_action(
        &mut self,
        id: &str,
        (instrument, redirect): (Instrument, Option<Redirect>),
        cause: &Cause,
    ) -> Result<(), ApiError> {
        self.advance(id, cause, |intent| intent.require_action(instrument, redirect))
    }

    pub(crate) fn process(&mut self, id: &str, cause: &Cause) -> Result<(), ApiError> {
        self.advance(id, cause, |intent| intent.process(intent.instrument()))
    }

    pub(crate) fn succeed(
        &mut self,
        id: &str,
        instrument: Instrument,
        cause: &Cause,
    ) -> Result<(), ApiError> {
        self.advance(id, cause, |intent| intent.succeed(instrument))
    }

    pub(crate) fn decline(
        &mut self,
        id: &str,
        instrument: Instrument,
        decline: Decline,
        cause: &Cause,
    ) -> Result<(), ApiError> {
        self.advance(id, cause, |intent| intent.decline(instrument, decline))
    }

    pub(crate) fn cancel(&mut self, id: &str, reason: Option<String>, cause: &Cause) -> Result<(), ApiError> {
        self.advance(id, cause, |intent| intent.cancel(reason))
    }

    /// The sum of what has gone back of an intent, or will.
    fn refunded(&self, intent: &str) -> i64 {
        let of_intent = |refund: &&Refund| refund.intent == intent && refund.counts();
        self.refunds.oldest_first().filter(of_intent).map(|refund| refund.amount).sum()
    }

    pub(crate) fn refund(&mut self, new: NewRefund, cause: &Cause) -> Result<Value, ApiError> {
        let intent = self
            .intents
            .get(&new.intent)
            .ok_or_else(|| ApiError::no_such("payment_intent", &new.intent, "payment_intent"))?;
        let left = intent.received() - self.refunded(&intent.id);
        if intent.received() == 0 {
            let message = format!("PaymentIntent {} does not have a successful charge to refund.", intent.id);
            return Err(intent.unexpected_state(message));
        }
        if left == 0 {
            let message =
                format!("Charge {} has already been refunded.", intent.charge().unwrap_or_default());
            return Err(ApiError::parameter("amount", "charge_already_refunded", message));
        }
        let amount = new.amount.unwrap_or(left);
        if amount < 1 || amount > left {
            let message =
                format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
            return Err(ApiError::parameter("amount", "amount_too_large", message));
        }
        let refund = Refund::new(intent, new, amount, self.refunds_become);
        let (wire, status, of) = (refund.wire(), refund.status, refund.intent.clone());
        self.refunds.add(refund);
        self.tell(EventKind::RefundCreated, &wire, cause);
        self.tell_of_refund(&of, &wire, status, cause)?;
        Ok(wire)
    }

    /// The bank has decided about a refund.
    pub(crate) fn settle_refund(&mut self, id: &str, status: RefundStatus) -> Result<Value, ApiError> {
        let refund = self.refunds.get_mut(id).ok_or_else(|| ApiError::no_such("refund", id, "id"))?;
        refund.status = status;
        let (wire, of) = (refund.wire(), refund.intent.clone());
        self.tell_of_refund(&of, &wire, status, &Cause::default())?;
        Ok(wire)
    }

    fn tell_of_refund(
        &mut self,
        intent: &str,
        refund: &Value,
        status: RefundStatus,
        cause: &Cause,
    ) -> Result<(), ApiError> {
        self.tell(EventKind::RefundUpdated, refund, cause);
        match status {
            RefundStatus::Failed => self.tell(EventKind::RefundFailed, refund, cause),
            RefundStatus::Succeeded => {
                let refunded = self.refunded(intent);
                let intent = self.intent(intent)?;
                let charge = json!({
                    "id": intent.charge(),
                    "object": "charge",
                    "amount": intent.received(),
                    "amount_refunded": refunded,
                    "currency": intent.currency(),
                    "payment_intent": intent.id,
                    "refunded": refunded == intent.received(),
                });
                self.tell(EventKind::ChargeRefunded, &charge, cause);
            }
            RefundStatus::Pending => {}
        }
        Ok(())
    }

    pub(crate) fn dispute(&mut self, id: &str, reason: String) -> Result<Value, ApiError> {
        let intent = self.intent(id)?;
        if intent.received() == 0 {
            return Err(intent.unexpected_state("Only what was paid can be disputed.".to_owned()));
        }
        let dispute = Dispute::of(intent, reason);
        let wire = dispute.wire();
        self.disputes.add(dispute);
        self.tell(EventKind::DisputeCreated, &wire, &Cause::default());
        Ok(wire)
    }

    pub(crate) fn close_dispute(&mut self, id: &str, status: DisputeStatus) -> Result<Value, ApiError> {
        let dispute = self.disputes.get_mut(id).ok_or_else(|| ApiError::no_such("dispute", id, "id"))?;
        dispute.status = status;
        let wire = dispute.wire();
        self.tell(EventKind::DisputeClosed, &wire, &Cause::default());
        Ok(wire)
    }

    pub(crate) fn customer(&self, id: &str) -> Result<&Customer, ApiError> {
        self.customers.get(id).ok_or_else(|| ApiError::no_such("customer", id, "customer"))
    }

    /// A card is saved for the customer of the setup.
    pub(crate) fn save(
        &mut self,
        setup: &str,
        instrument: Instrument,
        cause: &Cause,
    ) -> Result<(), ApiError> {
        let found = self.setups.get_mut(setup);
        let intent = found.ok_or_else(|| ApiError::no_such("setupintent", setup, "intent"))?;
        intent.saved = Some(instrument.id.clone());
        let (wire, customer) = (intent.wire(), intent.customer.clone());
        self.saved.add(Saved::new(instrument, customer));
        self.tell(EventKind::SetupSucceeded, &wire, cause);
        Ok(())
    }

    /// The customer goes, and her cards with her.
    pub(crate) fn forget_customer(&mut self, id: &str) {
        self.customers.remove(id);
        let hers: Vec<String> = self
            .saved
            .oldest_first()
            .filter(|saved| saved.customer == id)
            .map(|saved| saved.instrument.id.clone())
            .collect();
        for saved in hers {
            self.saved.remove(&saved);
        }
        self.changed();
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
            self.outbox.tell(kind.name(), &event.id);
        }
        self.events.add(event);
        self.changed();
    }
}
