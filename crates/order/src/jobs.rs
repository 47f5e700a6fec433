//! Scheduled work of order.

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};

use crate::OrderService;

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
