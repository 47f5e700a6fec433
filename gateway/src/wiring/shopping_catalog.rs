//! shopping → catalog and inventory: what is for sale, and how much of it.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use catalog::CatalogApi;
use inventory::StockApi;
use kernel::{PortError, id::ProductId};
use shopping::ports::{Catalog, Offer, View};

pub(crate) struct CatalogForShopping {
    pub(crate) catalog: Arc<dyn CatalogApi>,
    pub(crate) stock: Arc<dyn StockApi>,
}

#[async_trait]
impl Catalog for CatalogForShopping {
    async fn products(&self, ids: &[ProductId], view: View) -> Result<HashMap<ProductId, Offer>, PortError> {
        let view = catalog::View { user_type: view.user_type, language: view.language };
        let products = self.catalog.products(ids, view).await.map_err(|e| PortError::new("catalog", e))?;
        let available = self.stock.available(ids).await.map_err(|e| PortError::new("inventory", e))?;
        let offers = products.into_iter().map(|(id, product)| {
            let available = available.get(&id).copied().unwrap_or(0);
            let item = catalog::item_json(&product, available);
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
