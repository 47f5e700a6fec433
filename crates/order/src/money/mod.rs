//! What money does to an order: it pays it, comes too late or twice, goes back, is fought about.

use chrono::{DateTime, Utc};
use contracts::{
    order::{OrderPaid, OrderedLine, RefundCause, RefundDue},
    payment::{DisputeOutcome, PaymentDisputed, PaymentRefunded},
};
use db::{Transact as _, Tx};
use kernel::id::{OrderId, PaymentId};
use serde::{Deserialize, Serialize};

use crate::{
    OrderError, OrderService, OrderStatus, PaymentStatus, Transition, order::Order, ports::Paid,
    store as orders,
};

pub(crate) mod store;
#[cfg(test)]
mod tests;

/// What becomes of money that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The order is paid by it.
    Marked,
    /// It was known, or a person decides.
    Known,
    /// The order had expired.
    Late,
    /// It goes back.
    Refused(RefundCause),
    /// It is not the order's amount.
    Wrong,
}

/// Money for an order that had expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LatePayment {
    pub(crate) order_id: OrderId,
    pub(crate) payment_id: PaymentId,
}

/// The kind of a timeline's entry that says that late money was sent back; its detail is the payment.
const LATE_REFUSED: &str = "late_payment_refused";

/// Has the order paid by this, if it waits for it. The caller has locked the order before it was read.
pub(crate) async fn take(
    tx: &mut Tx,
    order: &Order,
    paid: Paid,
    now: DateTime<Utc>,
) -> Result<Taken, db::QueryError> {
    if paid.amount != order.totals.gross {
        return Ok(Taken::Wrong);
    }
    if mark_paid(tx, order, (Transition::Pay, paid.payment), None, now).await? {
        return Ok(Taken::Marked);
    }
    Ok(match (order.status, order.payment) {
        (OrderStatus::Expired, _) => Taken::Late,
        // Its customer, or the shop, does not want it any more.
        (OrderStatus::Cancelled, _) => Taken::Refused(RefundCause::Late),
        (status, Some(by)) if status.is_paid() && by != paid.payment => Taken::Refused(RefundCause::Twice),
        (status, None) if status.is_paid() => {
            store::put_payment(tx, order.id, paid.payment).await?;
            Taken::Known
        }
        _ => Taken::Known,
    })
}

/// The order is paid by this payment; false when it does not stand where that can begin.
pub(crate) async fn mark_paid(
    tx: &mut Tx,
    order: &Order,
    (transition, payment): (Transition, PaymentId),
    detail: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, db::QueryError> {
    let moved = store::put_paid(tx, order.id, (transition, payment), now).await?;
    if moved {
        orders::insert_event(tx, order.id, ("paid", detail), now).await?;
        let lines = order.lines.iter();
        let event = OrderPaid {
            order_id: order.id,
            user_id: order.user,
            cart_id: order.cart,
            lines: lines
                .map(|line| OrderedLine { product_id: line.product, quantity: line.quantity })
                .collect(),
        };
        bus::publish(tx, &event, now).await?;
    }
    Ok(moved)
}

/// This money is not wanted: all of it goes back.
pub(crate) async fn refuse(
    tx: &mut Tx,
    order: OrderId,
    payment: PaymentId,
    cause: RefundCause,
    now: DateTime<Utc>,
) -> Result<(), db::QueryError> {
    let kind = match cause {
        RefundCause::Twice => "paid_twice",
        RefundCause::Late | RefundCause::Cancelled => LATE_REFUSED,
    };
    orders::insert_event(tx, order, (kind, Some(&payment.to_string())), now).await?;
    let due = RefundDue { order_id: order, payment_id: Some(payment), cause };
    bus::publish(tx, &due, now).await?;
    Ok(())
}

impl OrderService {
    /// Inventory decides whether the order can be had, in a transaction of its own; then the order is taken up again, or its
    /// money sent back. Every step may be taken again.
    pub(crate) async fn take_late(&self, late: LatePayment) -> Result<(), OrderError> {
        let LatePayment { order_id, payment_id } = late;
        let Some(order) = self.find_any(order_id).await? else { return Ok(()) };
        if order.status != OrderStatus::Expired {
            return Ok(());
        }
        let told = payment_id.to_string();
        let refused = order
            .events
            .iter()
            .any(|event| event.kind == LATE_REFUSED && event.detail.as_deref() == Some(&told));
        if !refused && self.revive(&order, payment_id).await? {
            return Ok(());
        }
        if !refused {
            let mut conn = self.db.conn().await?;
            conn.transaction::<_, OrderError, _>(async |tx| {
                Ok(refuse(tx, order_id, payment_id, RefundCause::Late, self.clock.now()).await?)
            })
            .await?;
        }
        Ok(self.ports.stock.give_back(order_id, self.clock.now()).await?)
    }

    /// False when its units cannot be had any more, or its cart was ordered again since then.
    async fn revive(&self, order: &Order, payment: PaymentId) -> Result<bool, OrderError> {
        let now = self.clock.now();
        match self.ports.stock.take(order.id, &order.cart_lines(), now).await {
            Ok(()) => {}
            Err(OrderError::InsufficientStock(_)) => return Ok(false),
            Err(e) => return Err(e),
        }
        let mut conn = self.db.conn().await?;
        let moved = conn
            .transaction::<_, OrderError, _>(async |tx| {
                Ok(mark_paid(tx, order, (Transition::Revive, payment), Some("late"), now).await?)
            })
            .await;
        match moved {
            Err(OrderError::Db(e)) if e.violated() == Some("orders_one_per_cart") => Ok(false),
            moved => moved,
        }
    }
}

/// The sum of what went back of a payment is another.
pub(crate) async fn mark_refunded(
    tx: &mut Tx,
    event: &PaymentRefunded,
    now: DateTime<Utc>,
) -> Result<(), db::QueryError> {
    let (id, amount) = (event.order_id, event.refunded.to_string());
    let Some(order) = store::lock(tx, id).await? else { return Ok(()) };
    // The order is paid by another: this was money that came twice.
    if order.status.is_paid() && order.payment.is_some_and(|by| by != event.payment_id) {
        return orders::insert_event(tx, id, ("refunded", Some(&amount)), now).await;
    }
    if !store::put_refunded(tx, id, (event.refunded, event.revision), now).await? {
        return Ok(());
    }
    let all = event.refunded.amount() >= event.paid.amount();
    if all {
        orders::put_payment_status(tx, id, PaymentStatus::Refunded, now).await?;
    }
    let (kind, transition) = if all {
        ("refunded", Transition::RefundAll)
    } else {
        ("partially_refunded", Transition::RefundPart)
    };
    // What was called off stays so.
    orders::put_status(tx, id, transition, now).await?;
    orders::insert_event(tx, id, (kind, Some(&amount)), now).await
}

/// Holds an order that is fought about, and lets it go on, or not, when that is decided.
pub(crate) async fn mark_disputed(
    tx: &mut Tx,
    event: &PaymentDisputed,
    now: DateTime<Utc>,
) -> Result<(), db::QueryError> {
    let id = event.order_id;
    let Some(stands) = store::lock(tx, id).await?.map(|order| order.status) else { return Ok(()) };
    let (known, from) = store::find_dispute(tx, id).await?;
    let kind = match event.outcome {
        DisputeOutcome::Opened => "disputed",
        DisputeOutcome::Won => "dispute_won",
        DisputeOutcome::Lost => "dispute_lost",
    };
    match event.outcome {
        // Its end was heard of before its beginning.
        DisputeOutcome::Opened if known.is_some() => return Ok(()),
        DisputeOutcome::Opened => {
            orders::put_status(tx, id, Transition::Dispute, now).await?;
            store::put_dispute(tx, id, ("opened", Some(stands)), now).await?;
        }
        DisputeOutcome::Won => {
            if let Some(from) = from {
                store::put_undisputed(tx, id, from, now).await?;
            }
            store::put_dispute(tx, id, ("won", None), now).await?;
        }
        DisputeOutcome::Lost => {
            if orders::put_status(tx, id, Transition::RefundAll, now).await? {
                orders::put_payment_status(tx, id, PaymentStatus::Refunded, now).await?;
            }
            store::put_dispute(tx, id, ("lost", None), now).await?;
        }
    }
    orders::insert_event(tx, id, (kind, Some(&event.reason)), now).await
}
