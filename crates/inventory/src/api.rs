//! What inventory offers other domains.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::id::{OrderId, ProductId};

use crate::{InventoryError, ReservationState, Shortage};

/// So many units of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldLine {
    pub product: ProductId,
    /// At least 1.
    pub quantity: u32,
}

#[async_trait]
pub trait StockApi: Send + Sync {
    /// Units that can be sold now. A product without stock is absent.
    async fn available(&self, products: &[ProductId]) -> Result<HashMap<ProductId, u32>, InventoryError>;

    /// What there is too little of, by what was known a moment ago: asked first, it spares PostgreSQL those who come too
    /// late. Empty promises nothing: whoever reserves decides.
    async fn too_little(&self, lines: &[HoldLine], now: DateTime<Utc>) -> Vec<Shortage>;

    /// Puts units aside for an order: all lines or none; once, however often it is asked for the same order.
    ///
    /// Units of an order that does not come to be stay aside for a minute at most. Asked again, they stay as long anew.
    async fn reserve(
        &self,
        order: OrderId,
        lines: &[HoldLine],
        now: DateTime<Utc>,
    ) -> Result<(), InventoryError>;

    /// Takes units out of the house at once, for an order whose money came after it had given them back: all lines or none;
    /// once, however often it is asked.
    async fn take(
        &self,
        order: OrderId,
        lines: &[HoldLine],
        now: DateTime<Utc>,
    ) -> Result<(), InventoryError>;

    /// Gives an order's units back, also those that had left the house. Asked again, it changes nothing.
    async fn give_back(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), InventoryError>;

    /// How the reservations of these orders stand; an order without one is absent.
    async fn states(&self, orders: &[OrderId]) -> Result<HashMap<OrderId, ReservationState>, InventoryError>;

    /// Gives back what was put aside for an order that did not come to be. Asked again, it changes nothing.
    async fn release(&self, order: OrderId, now: DateTime<Utc>) -> Result<(), InventoryError>;
}
