//! Scheduled work of inventory.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};

use crate::{StockService, ports::Orders};

/// Gives back what a crash left held between reserving and writing the order.
pub struct GiveBackOrphans {
    pub stock: StockService,
    pub orders: Arc<dyn Orders>,
}

impl Job for GiveBackOrphans {
    const NAME: &'static str = "inventory.give_back_orphans";
    const QUEUE: Queue = Queue::Effects;
    type Payload = ();
}

#[async_trait]
impl Effect for GiveBackOrphans {
    async fn perform(&self, context: JobContext, (): ()) -> Result<(), JobError> {
        self.stock.give_back_orphans(&self.orders, context.now).await.map(drop).map_err(JobError::of)
    }
}
