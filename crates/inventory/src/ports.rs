//! What inventory needs from the rest of the shop.

use std::collections::HashSet;

use async_trait::async_trait;
use kernel::{
    PortError,
    id::{OrderId, ProductId},
};

/// Whoever reservations are made for.
#[async_trait]
pub trait Orders: Send + Sync {
    /// Those of `orders` that exist, in whatever state.
    async fn existing(&self, orders: &[OrderId]) -> Result<HashSet<OrderId>, PortError>;
}

/// What can lie in the warehouse.
#[async_trait]
pub trait Products: Send + Sync {
    /// Whether there is such a product, sold or not.
    async fn exists(&self, product: ProductId) -> Result<bool, PortError>;
}
