//! shopping → catalog and inventory: what is for sale, and how much of it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use catalog::CatalogApi;
use inventory::StockApi;
use kernel::{PortError, id::ProductId};
use moka::sync::Cache;
use shopping::ports::{Catalog, Item, Offer, View};

pub(crate) struct CatalogForShopping {
    catalog: Arc<dyn CatalogApi>,
    stock: Arc<dyn StockApi>,
    /// Units of half a second ago, for those who look; none where there were none, for those may be back.
    lately: Cache<ProductId, u32>,
}

impl CatalogForShopping {
    const KEPT: Duration = Duration::from_millis(500);
    const MOST: u64 = 10_000;

    pub(crate) fn new(catalog: Arc<dyn CatalogApi>, stock: Arc<dyn StockApi>) -> Self {
        let lately = Cache::builder().max_capacity(Self::MOST).time_to_live(Self::KEPT).build();
        Self { catalog, stock, lately }
    }

    /// Asks, and remembers for whoever only looks.
    async fn available(&self, ids: &[ProductId]) -> Result<HashMap<ProductId, u32>, PortError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let available = self.stock.available(ids).await.map_err(|e| PortError::new("inventory", e))?;
        for (id, units) in available.iter().filter(|(_, units)| **units > 0) {
            self.lately.insert(*id, *units);
        }
        Ok(available)
    }

    async fn offers(
        &self,
        ids: &[ProductId],
        available: HashMap<ProductId, u32>,
        view: View,
    ) -> Result<HashMap<ProductId, Offer>, PortError> {
        let view = catalog::View { user_type: view.user_type, language: view.language };
        let products = self.catalog.products(ids, view).await.map_err(|e| PortError::new("catalog", e))?;
        let offers = products.into_iter().map(|(id, product)| {
            let available = available.get(&id).copied().unwrap_or(0);
            let item = Item(catalog::item_json(&product, available));
            let offer = Offer {
                product: id,
                price: product.price,
                vat: product.vat,
                min_quantity: product.min_quantity,
                available,
                sellable: product.active,
                item,
            };
            (id, offer)
        });
        Ok(offers.collect())
    }
}

#[async_trait]
impl Catalog for CatalogForShopping {
    async fn products(&self, ids: &[ProductId], view: View) -> Result<HashMap<ProductId, Offer>, PortError> {
        let available = self.available(ids).await?;
        self.offers(ids, available, view).await
    }

    async fn products_lately(
        &self,
        ids: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Offer>, PortError> {
        let mut known: HashMap<ProductId, u32> =
            ids.iter().filter_map(|id| Some((*id, self.lately.get(id)?))).collect();
        let unknown: Vec<ProductId> = ids.iter().copied().filter(|id| !known.contains_key(id)).collect();
        known.extend(self.available(&unknown).await?);
        self.offers(ids, known, view).await
    }
}
