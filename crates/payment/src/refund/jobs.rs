//! Refunds on their way to the provider.

use async_trait::async_trait;
use bus::{Effect, Handler, Job, JobContext, JobError, Queue};
use contracts::order::RefundDue;
use db::Tx;
use kernel::id::RefundId;
use serde::{Deserialize, Serialize};

use super::service::refund_all;
use crate::{PaymentService, store};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundToSend {
    pub(crate) refund_id: RefundId,
}

/// Asks the provider for a refund, until it has said how it stands.
pub struct SendRefund(pub PaymentService);

impl Job for SendRefund {
    const NAME: &'static str = "payment.send_refund";
    const QUEUE: Queue = Queue::Slow;
    type Payload = RefundToSend;
}

#[async_trait]
impl Effect for SendRefund {
    async fn perform(&self, context: JobContext, send: RefundToSend) -> Result<(), JobError> {
        self.0.send_refund(send.refund_id, context.attempt > 1).await.map_err(JobError::of)
    }
}

/// `order.refund_due`: what was paid goes back, all of it.
pub struct RefundOrder;

impl Job for RefundOrder {
    const NAME: &'static str = "payment.refund_order";
    type Payload = RefundDue;
}

#[async_trait]
impl Handler for RefundOrder {
    async fn run(&self, tx: &mut Tx, context: JobContext, due: RefundDue) -> Result<(), JobError> {
        let attempts = store::lock_of_order(tx, due.order_id).await?;
        let meant = attempts.iter().filter(|payment| due.payment_id.is_none_or(|id| id == payment.id));
        for payment in meant.filter(|payment| payment.status.is_paid()) {
            refund_all(tx, payment, due.cause.as_str(), context.now).await.map_err(JobError::of)?;
        }
        Ok(())
    }
}
