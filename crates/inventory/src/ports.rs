//! What inventory needs from the rest of the shop.

use std::collections::HashSet;

use async_trait::async_trait;
use kernel::{PortError, id::OrderId};

/// Whoever reservations are made for.
#[async_trait]
pub trait Orders: Send + Sync {
    /// Those of `orders` that exist, in whatever state.
    async fn existing(&self, orders: &[OrderId]) -> Result<HashSet<OrderId>, PortError>;
}
