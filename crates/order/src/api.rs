//! What order offers other domains.

use std::collections::HashSet;

use async_trait::async_trait;
use kernel::id::OrderId;

use crate::OrderError;

#[async_trait]
pub trait OrdersApi: Send + Sync {
    /// Those of `orders` that exist, in whatever state.
    async fn existing(&self, orders: &[OrderId]) -> Result<HashSet<OrderId>, OrderError>;
}
