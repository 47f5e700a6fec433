//! What payment does when others' events arrive.

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};
use chrono::TimeDelta;
use contracts::order::{OrderEnded, OrderPlaced, PaymentMethod};

use crate::{PaymentService, StartPayment, attempts::Started, ports::Method};

/// `order.placed`: takes care that the order's payment is started, whatever became of the request that placed it.
pub struct StartOrderPayment(pub PaymentService);

impl Job for StartOrderPayment {
    const NAME: &'static str = "payment.start_order_payment";
    const QUEUE: Queue = Queue::Slow;
    type Payload = OrderPlaced;
}

#[async_trait]
impl Effect for StartOrderPayment {
    async fn perform(&self, _: JobContext, event: OrderPlaced) -> Result<(), JobError> {
        let method = match event.method {
            PaymentMethod::Card => Method::Card,
            PaymentMethod::Blik => Method::Blik,
            PaymentMethod::P24 => Method::P24,
            PaymentMethod::BankTransfer => Method::BankTransfer,
        };
        let request = StartPayment {
            order: event.order_id,
            user: event.user_id,
            amount: event.total,
            method,
            expires_at: event.hold_until,
        };
        match self.0.start_in_background(request).await.map_err(JobError::of)? {
            Started::Done => Ok(()),
            Started::NotYet => Err(JobError::NotYet(TimeDelta::seconds(10))),
        }
    }
}

/// `order.ended`: no attempt to pay it may take money any more, also none that was begun while it ended.
pub struct StopPayments(pub PaymentService);

impl Job for StopPayments {
    const NAME: &'static str = "payment.stop_payments";
    const QUEUE: Queue = Queue::Slow;
    type Payload = OrderEnded;
}

#[async_trait]
impl Effect for StopPayments {
    async fn perform(&self, _: JobContext, event: OrderEnded) -> Result<(), JobError> {
        // What it finds paid or under way is told by its own event.
        self.0.stop_attempts(event.order_id, |_| true).await.map(drop).map_err(JobError::of)
    }
}
