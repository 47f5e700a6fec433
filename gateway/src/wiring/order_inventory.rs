//! order → inventory: whether the units can be had, and putting them aside.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use inventory::{HoldLine, InventoryError, StockApi};
use kernel::{PortError, id::OrderId};
use order::{
    OrderError, Shortage,
    ports::{CartLine, Stock},
};

pub(crate) struct StockForOrder(pub(crate) Arc<dyn StockApi>);

#[async_trait]
impl Stock for StockForOrder {
    async fn reserve(
        &self,
        order: OrderId,
        lines: &[CartLine],
        now: DateTime<Utc>,
    ) -> Result<(), OrderError> {
        let lines: Vec<HoldLine> =
            lines.iter().map(|l| HoldLine { product: l.product, quantity: l.quantity }).collect();
        self.0.reserve(order, &lines, now).await.map_err(|e| match e {
            InventoryError::Insufficient(short) => OrderError::InsufficientStock(
                short
                    .into_iter()
                    .map(|s| Shortage {
                        product_id: s.product_id,
                        requested: s.requested,
                        available: s.available,
                    })
                    .collect(),
            ),
            other => PortError::new("inventory", other).into(),
        })
    }

    async fn release(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), PortError> {
        self.0.release(order, now).await.map_err(|e| PortError::new("inventory", e))
    }
}
