//! What order offers other domains.

use std::collections::HashSet;

use async_trait::async_trait;
use kernel::id::{OrderId, UserId};

use crate::OrderError;

#[async_trait]
pub trait OrdersApi: Send + Sync {
    /// Those of `orders` that exist, in whatever state.
    async fn existing(&self, orders: &[OrderId]) -> Result<HashSet<OrderId>, OrderError>;

    /// The customer's orders, oldest first.
    async fn ids_of(&self, user: UserId) -> Result<Vec<OrderId>, OrderError>;

    /// The customer's orders with lines, addresses and timeline, as `GET /api/orders/{id}` shows them, oldest first: for
    /// whoever asks what is held about her. Three queries, however many there are.
    async fn export(&self, user: UserId) -> Result<serde_json::Value, OrderError>;
}
