//! Orders on account: a company pays by transfer, within the days that were approved for it.
//!
//! Its units leave the books at once. When its day has come without the money it is told, and after some days of grace
//! the order is called off ([`crate::end`]) and its units come back.

pub(crate) mod http;
#[cfg(test)]
mod tests;

use audit::Entry;
use chrono::{DateTime, Utc};
use contracts::order::{OrderOverdue, PaymentMethod};
use db::{Transact as _, Tx};
use kernel::{Actor, Money, id::OrderId};
use serde_json::json;

use crate::{
    OrderError, OrderService,
    end::service::payment_of,
    money::mark_paid,
    order::{Order, OrderStatus, PaymentStatus, Transition},
    store,
};

/// So many are told in one go.
const BATCH: i64 = 100;

impl OrderService {
    /// Somebody saw the order's money on the account. Said again, it changes nothing.
    pub(crate) async fn receive_transfer(
        &self,
        actor: Actor,
        id: OrderId,
        reference: &str,
    ) -> Result<Order, OrderError> {
        let order = self.find_any(id).await?.ok_or(OrderError::NotFound)?;
        match (order.payment_method, order.status) {
            (PaymentMethod::BankTransfer, OrderStatus::PendingPayment) => {}
            (PaymentMethod::BankTransfer, _) if order.paid_at.is_some() => return Ok(order),
            (PaymentMethod::BankTransfer, status) => return Err(OrderError::CannotMove(status)),
            _ => return Err(OrderError::NotOnAccount),
        }
        // First with whoever keeps the money: should this end here, its event pays the order.
        let payment = self.ports.payments.receive(payment_of(&order)).await?;
        let payment = payment.ok_or(OrderError::CannotMove(OrderStatus::Cancelled))?;
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, OrderError, _>(async |tx| {
            let now = self.clock.now();
            store::put_payment_status(tx, id, PaymentStatus::Succeeded, now).await?;
            mark_paid(tx, &order, (Transition::Pay, payment), Some(reference), now).await?;
            let entry = Entry {
                actor,
                action: "order.transfer_received",
                target: format!("order {id}"),
                before: None,
                after: Some(json!({ "amount": order.totals.gross, "reference": reference })),
            };
            audit::record(tx, &entry, now).await?;
            store::find_order(tx, id, None).await?.ok_or(OrderError::NotFound)
        })
        .await
    }
}

/// Tells of the orders whose day has come without their money, each once; how many.
pub(crate) async fn tell_overdue(tx: &mut Tx, now: DateTime<Utc>) -> Result<usize, OrderError> {
    let overdue = store::list_overdue(tx, now, BATCH).await?;
    let ids: Vec<OrderId> = overdue.iter().map(|order| order.id).collect();
    store::put_overdue(tx, &ids, now).await?;
    for order in &overdue {
        store::insert_event(tx, order.id, ("overdue", None), now).await?;
        let event = OrderOverdue {
            order_id: order.id,
            user_id: order.user_id,
            total: Money::grosz(order.gross),
            due_at: order.due_at.unwrap_or(now),
            hold_until: order.hold_until,
        };
        bus::publish(tx, &event, now).await?;
        tracing::warn!(order.id = %order.id, "the money of order {} was due {}", order.id, event.due_at);
    }
    Ok(overdue.len())
}
