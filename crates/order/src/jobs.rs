//! Scheduled work of order.

use async_trait::async_trait;
use bus::{Effect, Handler, Job, JobContext, JobError, Queue};
use db::Tx;

use crate::{OrderService, account};

/// Ends the orders whose money has not come in time.
pub struct ExpireOrders(pub OrderService);

impl Job for ExpireOrders {
    const NAME: &'static str = "order.expire_orders";
    /// The payment provider is asked first.
    const QUEUE: Queue = Queue::Slow;
    type Payload = ();
}

#[async_trait]
impl Effect for ExpireOrders {
    async fn perform(&self, _: JobContext, (): ()) -> Result<(), JobError> {
        self.0.expire_due().await.map(drop).map_err(JobError::of)
    }
}

/// Tells of the orders on account whose money is overdue.
pub struct TellOverdue;

impl Job for TellOverdue {
    const NAME: &'static str = "order.tell_overdue";
    type Payload = ();
}

#[async_trait]
impl Handler for TellOverdue {
    async fn run(&self, tx: &mut Tx, context: JobContext, (): ()) -> Result<(), JobError> {
        account::tell_overdue(tx, context.now).await.map(drop).map_err(JobError::of)
    }
}
