//! inventory → order: which orders came to be.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use inventory::ports::Orders;
use kernel::{PortError, id::OrderId};
use order::OrdersApi;

pub(crate) struct OrdersForInventory(pub(crate) Arc<dyn OrdersApi>);

#[async_trait]
impl Orders for OrdersForInventory {
    async fn existing(&self, orders: &[OrderId]) -> Result<HashSet<OrderId>, PortError> {
        self.0.existing(orders).await.map_err(|e| PortError::new("order", e))
    }
}
