//! What inventory does when others' events arrive.

use async_trait::async_trait;
use bus::{Handler, Job, JobContext, JobError};
use contracts::{
    inventory::StockLow,
    order::{OrderEnded, OrderPaid},
};
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

/// `order.ended`: what was put aside for it can be sold again.
pub struct ReleaseStock;

impl Job for ReleaseStock {
    const NAME: &'static str = "inventory.release_stock";
    type Payload = OrderEnded;
}

#[async_trait]
impl Handler for ReleaseStock {
    async fn run(&self, tx: &mut Tx, context: JobContext, event: OrderEnded) -> Result<(), JobError> {
        service::release(tx, event.order_id, context.now).await.map_err(JobError::of)
    }
}

/// `inventory.stock_low`: whoever buys for the shop hears of it where alarms are heard, in the log.
pub struct WarnOfLowStock;

impl Job for WarnOfLowStock {
    const NAME: &'static str = "inventory.warn_of_low_stock";
    type Payload = StockLow;
}

#[async_trait]
impl Handler for WarnOfLowStock {
    async fn run(&self, _: &mut Tx, _: JobContext, event: StockLow) -> Result<(), JobError> {
        let StockLow { product_id, available, low_at, .. } = event;
        tracing::warn!(product.id = %product_id, available, low_at, "product {product_id} runs low: {available} left");
        Ok(())
    }
}
