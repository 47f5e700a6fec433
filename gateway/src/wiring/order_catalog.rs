//! order → catalog: what the cart's products are called and cost today.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use catalog::CatalogApi;
use kernel::{PortError, id::ProductId};
use order::ports::{Catalog, Offer, View};

pub(crate) struct CatalogForOrder(pub(crate) Arc<dyn CatalogApi>);

#[async_trait]
impl Catalog for CatalogForOrder {
    async fn offers(
        &self,
        products: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Offer>, PortError> {
        let view = catalog::View { user_type: view.user_type, language: view.language };
        let found = self.0.products_now(products, view).await.map_err(|e| PortError::new("catalog", e))?;
        let offers = found.into_iter().map(|(id, product)| {
            let offer = Offer {
                code: product.code,
                name: product.name,
                size: product.size,
                image_url: product.image_url,
                price: product.price,
                vat: product.vat,
                min_quantity: product.min_quantity,
                sellable: product.active,
            };
            (id, offer)
        });
        Ok(offers.collect())
    }
}
