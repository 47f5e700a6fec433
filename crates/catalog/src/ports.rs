//! What the catalogue needs from the rest of the shop.

use std::collections::HashMap;

use async_trait::async_trait;
use kernel::{PortError, id::ProductId};

/// Knows how much there is to sell.
#[async_trait]
pub trait Availability: Send + Sync {
    /// Units that a buyer can get right now; a product that is absent has none.
    async fn available(&self, products: &[ProductId]) -> Result<HashMap<ProductId, u32>, PortError>;
}
