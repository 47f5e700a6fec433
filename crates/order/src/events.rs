//! What order does when payment tells how it went.

use async_trait::async_trait;
use bus::{Handler, Job, JobContext, JobError};
use chrono::{DateTime, Utc};
use contracts::{
    order::{OrderPaid, OrderedLine},
    payment::{PaymentFailed, PaymentMismatched, PaymentSucceeded},
};
use db::Tx;

use crate::{OrderError, OrderStatus, PaymentStatus, Transition, order::Order, store};

#[cfg(test)]
mod tests;

/// `payment.succeeded`: the order is paid.
pub struct MarkPaid;

impl Job for MarkPaid {
    const NAME: &'static str = "order.mark_paid";
    type Payload = PaymentSucceeded;
}

#[async_trait]
impl Handler for MarkPaid {
    async fn run(&self, tx: &mut Tx, context: JobContext, event: PaymentSucceeded) -> Result<(), JobError> {
        let now = context.now;
        // Locks the order before it is read: one that expires this moment must be seen as expired.
        let succeeded = (PaymentStatus::Succeeded, [PaymentStatus::Refunded].as_slice());
        store::put_payment_status(tx, event.order_id, succeeded, now).await?;
        let found = store::find_order(tx, event.order_id, None).await?;
        let order = found.ok_or_else(|| JobError::of(OrderError::NotFound))?;
        if event.amount != order.totals.gross {
            return review(tx, &order, "the amount paid is not the order's", &context).await;
        }
        if mark_paid(tx, &order, None, now).await? {
            return Ok(());
        }
        match order.status {
            // Money for an order that had ended must not lie about unseen.
            OrderStatus::Expired | OrderStatus::Cancelled => {
                review(tx, &order, "paid after it had ended", &context).await
            }
            _ => Ok(()),
        }
    }
}

/// `payment.failed`: the customer may try again; stock and cart stay as they are.
pub struct MarkPaymentFailed;

impl Job for MarkPaymentFailed {
    const NAME: &'static str = "order.mark_payment_failed";
    type Payload = PaymentFailed;
}

#[async_trait]
impl Handler for MarkPaymentFailed {
    async fn run(&self, tx: &mut Tx, context: JobContext, event: PaymentFailed) -> Result<(), JobError> {
        let beyond = [
            PaymentStatus::Failed,
            PaymentStatus::Canceled,
            PaymentStatus::Succeeded,
            PaymentStatus::Refunded,
        ];
        let order = event.order_id;
        if store::put_payment_status(tx, order, (PaymentStatus::Failed, &beyond), context.now).await? {
            store::insert_event(tx, order, ("payment_failed", Some(&event.reason)), context.now).await?;
        }
        Ok(())
    }
}

/// `payment.mismatched`: what the provider says does not add up; the order never ships without a person.
pub struct PutInReview;

impl Job for PutInReview {
    const NAME: &'static str = "order.put_in_review";
    type Payload = PaymentMismatched;
}

#[async_trait]
impl Handler for PutInReview {
    async fn run(&self, tx: &mut Tx, context: JobContext, event: PaymentMismatched) -> Result<(), JobError> {
        let found = store::find_order(tx, event.order_id, None).await?;
        let order = found.ok_or_else(|| JobError::of(OrderError::NotFound))?;
        review(tx, &order, &event.differences.join(", "), &context).await
    }
}

/// The order's money is here; false when it does not wait for it.
pub(crate) async fn mark_paid(
    tx: &mut Tx,
    order: &Order,
    detail: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, db::QueryError> {
    let moved = store::put_status(tx, order.id, Transition::Pay, now).await?;
    if moved {
        store::insert_event(tx, order.id, ("paid", detail), now).await?;
        bus::publish(tx, &paid(order), now).await?;
    }
    Ok(moved)
}

async fn review(tx: &mut Tx, order: &Order, why: &str, context: &JobContext) -> Result<(), JobError> {
    if store::put_status(tx, order.id, Transition::Review, context.now).await? {
        store::insert_event(tx, order.id, ("review", Some(why)), context.now).await?;
        tracing::error!(order.id = %order.id, why, "order {} needs a person: {why}", order.id);
    }
    Ok(())
}

fn paid(order: &Order) -> OrderPaid {
    OrderPaid {
        order_id: order.id,
        user_id: order.user,
        cart_id: order.cart,
        lines: order
            .lines
            .iter()
            .map(|line| OrderedLine { product_id: line.product, quantity: line.quantity })
            .collect(),
    }
}
