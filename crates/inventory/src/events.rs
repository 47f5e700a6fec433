//! What inventory does when others' events arrive.

use async_trait::async_trait;
use bus::{Handler, Job, JobContext, JobError};
use contracts::order::OrderPaid;
use db::Tx;

use crate::stock::service;

/// `order.paid`: the units leave the house.
pub struct CommitStock;

impl Job for CommitStock {
    const NAME: &'static str = "inventory.commit_stock";
    type Payload = OrderPaid;
}

#[async_trait]
impl Handler for CommitStock {
    async fn run(&self, tx: &mut Tx, context: JobContext, event: OrderPaid) -> Result<(), JobError> {
        service::commit(tx, event.order_id, context.now).await.map_err(JobError::of)
    }
}
