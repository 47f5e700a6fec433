//! What payment does when others' events arrive.

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};
use chrono::TimeDelta;
use contracts::order::{OrderPlaced, PaymentMethod};

use crate::{PaymentService, StartPayment, ports::Method, service::Started};

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
            PaymentMethod::BankTransfer => Method::BankTransfer,
            // Not built yet: order lets nobody pay that way.
            PaymentMethod::Blik | PaymentMethod::P24 => return Ok(()),
        };
        let request =
            StartPayment { order: event.order_id, amount: event.total, method, expires_at: event.hold_until };
        match self.0.start_in_background(request).await.map_err(JobError::of)? {
            Started::Done => Ok(()),
            Started::NotYet => Err(JobError::NotYet(TimeDelta::seconds(10))),
        }
    }
}
