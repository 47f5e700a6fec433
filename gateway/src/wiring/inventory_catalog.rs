//! inventory → catalog: what can lie in the warehouse.

use std::sync::Arc;

use async_trait::async_trait;
use catalog::CatalogApi;
use inventory::ports::Products;
use kernel::{PortError, id::ProductId};

pub(crate) struct ProductsForInventory(pub(crate) Arc<dyn CatalogApi>);

#[async_trait]
impl Products for ProductsForInventory {
    async fn exists(&self, product: ProductId) -> Result<bool, PortError> {
        self.0.exists(product).await.map_err(|e| PortError::new("catalog", e))
    }
}
