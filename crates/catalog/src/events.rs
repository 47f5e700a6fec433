//! What the catalogue does when others tell of something.

use async_trait::async_trait;
use bus::{Handler, Job, JobContext, JobError};
use contracts::{inventory::AvailabilityTurned, order::OrderPaid};
use db::Tx;

use crate::standing::store;

/// `inventory.availability_turned`: the filter for what can be had goes by it.
#[derive(Debug, Clone, Copy)]
pub struct MarkAvailability;

impl Job for MarkAvailability {
    const NAME: &'static str = "catalog.mark_availability";
    type Payload = AvailabilityTurned;
}

#[async_trait]
impl Handler for MarkAvailability {
    async fn run(&self, tx: &mut Tx, _: JobContext, turned: AvailabilityTurned) -> Result<(), JobError> {
        let AvailabilityTurned { product_id, available, version } = turned;
        store::put_availability(tx, product_id, available, version).await?;
        Ok(())
    }
}

/// `order.paid`: what was bought sells.
#[derive(Debug, Clone, Copy)]
pub struct CountSales;

impl Job for CountSales {
    const NAME: &'static str = "catalog.count_sales";
    type Payload = OrderPaid;
}

#[async_trait]
impl Handler for CountSales {
    /// Not idempotent by itself: it counts on running once, in the transaction that ends its job.
    async fn run(&self, tx: &mut Tx, _: JobContext, paid: OrderPaid) -> Result<(), JobError> {
        let sold: Vec<_> =
            paid.lines.iter().map(|line| (line.product_id, i64::from(line.quantity))).collect();
        store::add_sales(tx, &sold).await?;
        Ok(())
    }
}
