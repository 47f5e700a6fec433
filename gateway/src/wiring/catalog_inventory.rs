//! catalog → inventory: how many can be had.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use catalog::ports::Availability;
use inventory::StockApi;
use kernel::{PortError, id::ProductId};

pub(crate) struct AvailabilityForCatalog(pub(crate) Arc<dyn StockApi>);

#[async_trait]
impl Availability for AvailabilityForCatalog {
    async fn available(&self, products: &[ProductId]) -> Result<HashMap<ProductId, u32>, PortError> {
        self.0.available(products).await.map_err(|e| PortError::new("inventory", e))
    }
}
