//! order → inventory: whether the units can be had, and putting them aside.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use inventory::{HoldLine, InventoryError, ReservationState, StockApi};
use kernel::{PortError, id::OrderId};
use order::{
    OrderError, Shortage,
    ports::{CartLine, Stock, Units},
};

pub(crate) struct StockForOrder(pub(crate) Arc<dyn StockApi>);

#[async_trait]
impl Stock for StockForOrder {
    async fn too_little(&self, lines: &[CartLine], now: DateTime<Utc>) -> Vec<Shortage> {
        self.0.too_little(&hold_lines(lines), now).await.iter().map(shortage).collect()
    }

    async fn reserve(
        &self,
        order: OrderId,
        lines: &[CartLine],
        now: DateTime<Utc>,
    ) -> Result<(), OrderError> {
        self.0.reserve(order, &hold_lines(lines), now).await.map_err(refused)
    }

    async fn take(&self, order: OrderId, lines: &[CartLine], now: DateTime<Utc>) -> Result<(), OrderError> {
        self.0.take(order, &hold_lines(lines), now).await.map_err(refused)
    }

    async fn give_back(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), PortError> {
        self.0.give_back(order, now).await.map_err(|e| PortError::new("inventory", e))
    }

    async fn units(&self, orders: &[OrderId]) -> Result<HashMap<OrderId, Units>, PortError> {
        let states = self.0.states(orders).await.map_err(|e| PortError::new("inventory", e))?;
        let units = |state| match state {
            ReservationState::Held => Units::Aside,
            ReservationState::Committed => Units::Gone,
            ReservationState::Released | ReservationState::Expired | ReservationState::Returned => {
                Units::Free
            }
        };
        Ok(states.into_iter().map(|(order, state)| (order, units(state))).collect())
    }

    async fn release(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), PortError> {
        self.0.release(order, now).await.map_err(|e| PortError::new("inventory", e))
    }
}

fn refused(e: InventoryError) -> OrderError {
    match e {
        InventoryError::Insufficient(short) => {
            OrderError::InsufficientStock(short.iter().map(shortage).collect())
        }
        other => PortError::new("inventory", other).into(),
    }
}

fn hold_lines(lines: &[CartLine]) -> Vec<HoldLine> {
    lines.iter().map(|l| HoldLine { product: l.product, quantity: l.quantity }).collect()
}

fn shortage(short: &inventory::Shortage) -> Shortage {
    let inventory::Shortage { product_id, requested, available } = *short;
    Shortage { product_id, requested, available }
}
