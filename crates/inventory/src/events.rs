//! What inventory does when others' events arrive.

use async_trait::async_trait;
use bus::{Handler, Job, JobContext, JobError};
use contracts::{
    inventory::StockLow,
    order::{OrderEnded, OrderPaid, OrderPlaced, PaymentMethod},
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

/// `order.placed`: what is ordered on account leaves the house at once.
pub struct CommitOnAccount;

impl Job for CommitOnAccount {
    const NAME: &'static str = "inventory.commit_on_account";
    type Payload = OrderPlaced;
}

#[async_trait]
impl Handler for CommitOnAccount {
    async fn run(&self, tx: &mut Tx, context: JobContext, event: OrderPlaced) -> Result<(), JobError> {
        if event.method != PaymentMethod::BankTransfer {
            return Ok(());
        }
        service::commit_on_account(tx, event.order_id, context.now).await.map_err(JobError::of)
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
        let OrderEnded { order_id, on_account, paid, .. } = event;
        service::give_back(tx, order_id, on_account || paid, context.now).await.map_err(JobError::of)
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
