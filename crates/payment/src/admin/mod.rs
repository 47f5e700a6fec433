//! Payments in the hands of the shop's people: what happened to an order's money, and an event worked on once more.

pub(crate) mod http;

use audit::Entry;
use db::Transact as _;
use kernel::{Actor, Limit, id::OrderId};

use crate::{
    Payment, PaymentError, PaymentService,
    dispute::{self, store::Dispute},
    refund::{self, Refund},
    store,
    webhook::{
        jobs::{EventToWork, WorkEvent},
        store::{self as inbox, EventRow},
    },
};

/// Everything that is known of an order's money.
pub(crate) struct Account {
    pub(crate) attempts: Vec<Payment>,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) disputes: Vec<Dispute>,
}

impl PaymentService {
    pub(crate) async fn account(&self, order: OrderId) -> Result<Account, PaymentError> {
        let mut conn = self.db.conn().await?;
        Ok(Account {
            attempts: store::list_of_orders(&mut conn, &[order]).await?,
            refunds: refund::store::list_of_order(&mut conn, order).await?,
            disputes: dispute::store::list_of_order(&mut conn, order).await?,
        })
    }

    pub(crate) async fn events_of(&self, intent: &str, limit: Limit) -> Result<Vec<EventRow>, PaymentError> {
        Ok(inbox::list_of_intent(&mut *self.db.conn().await?, intent, limit).await?)
    }

    /// Has a stored event worked on once more: the provider is asked anew, so it may be said as often as one likes.
    pub(crate) async fn replay(&self, actor: Actor, event: &str) -> Result<EventRow, PaymentError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        conn.transaction(async |tx| {
            let received = inbox::put_waiting(tx, event).await?.ok_or(PaymentError::EventNotFound)?;
            let work = EventToWork { event: received.event_id.clone(), intent: received.intent_id.clone() };
            bus::enqueue::<WorkEvent>(tx, &work, now, now).await?;
            let entry = Entry {
                actor,
                action: "payment.replay_event",
                target: format!("event {event}"),
                before: None,
                after: None,
            };
            audit::record(tx, &entry, now).await?;
            Ok(received)
        })
        .await
    }
}
