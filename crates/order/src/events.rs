//! What order does when payment tells how it went.

use async_trait::async_trait;
use bus::{Effect, Handler, Job, JobContext, JobError, Queue};
use contracts::payment::{
    PaymentDisputed, PaymentFailed, PaymentMismatched, PaymentProgressed, PaymentRefunded, PaymentSucceeded,
    RefundFailed,
};
use db::Tx;
use kernel::id::{OrderId, PaymentId};

use crate::{
    OrderError, OrderService, PaymentStatus, Transition,
    money::{self, LatePayment, Taken},
    order::Order,
    ports::Paid,
    store,
};

#[cfg(test)]
pub(crate) mod tests;

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
        let paid = Paid { payment: event.payment_id, amount: event.amount };
        // Locks the order before it is read: one that expires this moment must be seen as expired.
        money::store::lock(tx, event.order_id).await?;
        store::put_payment_status(tx, event.order_id, PaymentStatus::Succeeded, now).await?;
        let found = store::find_order(tx, event.order_id, None).await?;
        let order = found.ok_or_else(|| JobError::of(OrderError::NotFound))?;
        match money::take(tx, &order, paid, now).await? {
            Taken::Wrong => review(tx, &order, "the amount paid is not the order's", &context).await,
            Taken::Late => {
                let late = LatePayment { order_id: order.id, payment_id: paid.payment };
                bus::enqueue::<TakeLateMoney>(tx, &late, now, now).await?;
                Ok(())
            }
            Taken::Refused(cause) => Ok(money::refuse(tx, order.id, paid.payment, cause, now).await?),
            Taken::Marked | Taken::Known => Ok(()),
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
        if note_progress(tx, event.order_id, event.payment_id, PaymentStatus::Failed, &context).await? {
            let told = ("payment_failed", Some(event.reason.as_str()));
            store::insert_event(tx, event.order_id, told, context.now).await?;
        }
        Ok(())
    }
}

/// `payment.progressed`: the customer has something to do, or her bank.
pub struct NoteProgress;

impl Job for NoteProgress {
    const NAME: &'static str = "order.note_progress";
    type Payload = PaymentProgressed;
}

#[async_trait]
impl Handler for NoteProgress {
    async fn run(&self, tx: &mut Tx, context: JobContext, event: PaymentProgressed) -> Result<(), JobError> {
        let status = PaymentStatus::from_word(&event.status);
        let status = status.ok_or_else(|| JobError::Failed(format!("no such status: {}", event.status)))?;
        note_progress(tx, event.order_id, event.payment_id, status, &context).await?;
        Ok(())
    }
}

/// False when more is known, or it is of an attempt before the one that counts, of which nobody wants to hear any more.
async fn note_progress(
    tx: &mut Tx,
    order: OrderId,
    payment: PaymentId,
    status: PaymentStatus,
    context: &JobContext,
) -> Result<bool, JobError> {
    let counts = money::store::lock(tx, order).await?.and_then(|order| order.payment);
    if counts.is_some_and(|counts| counts != payment) {
        return Ok(false);
    }
    Ok(store::put_payment_status(tx, order, status, context.now).await?)
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

/// `payment.refunded`: money has gone back.
pub struct MarkRefunded;

impl Job for MarkRefunded {
    const NAME: &'static str = "order.mark_refunded";
    type Payload = PaymentRefunded;
}

#[async_trait]
impl Handler for MarkRefunded {
    async fn run(&self, tx: &mut Tx, context: JobContext, event: PaymentRefunded) -> Result<(), JobError> {
        Ok(money::mark_refunded(tx, &event, context.now).await?)
    }
}

/// `payment.refund_failed`: the customer did not get what was sent back to her.
pub struct NoteFailedRefund;

impl Job for NoteFailedRefund {
    const NAME: &'static str = "order.note_failed_refund";
    type Payload = RefundFailed;
}

#[async_trait]
impl Handler for NoteFailedRefund {
    async fn run(&self, tx: &mut Tx, context: JobContext, event: RefundFailed) -> Result<(), JobError> {
        if money::store::lock(tx, event.order_id).await?.is_some() {
            let told = ("refund_failed", Some(&*event.amount.to_string()));
            store::insert_event(tx, event.order_id, told, context.now).await?;
        }
        Ok(())
    }
}

/// `payment.disputed`: nothing ships while the customer's bank decides.
pub struct HoldDisputed;

impl Job for HoldDisputed {
    const NAME: &'static str = "order.hold_disputed";
    type Payload = PaymentDisputed;
}

#[async_trait]
impl Handler for HoldDisputed {
    async fn run(&self, tx: &mut Tx, context: JobContext, event: PaymentDisputed) -> Result<(), JobError> {
        Ok(money::mark_disputed(tx, &event, context.now).await?)
    }
}

/// Money came for an order that had expired: the order is taken up again if its units can still be had, otherwise the money
/// goes back.
pub struct TakeLateMoney(pub OrderService);

impl Job for TakeLateMoney {
    const NAME: &'static str = "order.take_late_money";
    const QUEUE: Queue = Queue::Effects;
    type Payload = LatePayment;
}

#[async_trait]
impl Effect for TakeLateMoney {
    async fn perform(&self, _: JobContext, late: LatePayment) -> Result<(), JobError> {
        self.0.take_late(late).await.map_err(JobError::of)
    }
}

async fn review(tx: &mut Tx, order: &Order, why: &str, context: &JobContext) -> Result<(), JobError> {
    if store::put_status(tx, order.id, Transition::Review, context.now).await? {
        store::insert_event(tx, order.id, ("review", Some(why)), context.now).await?;
        tracing::error!(order.id = %order.id, why, "order {} needs a person: {why}", order.id);
    }
    Ok(())
}
