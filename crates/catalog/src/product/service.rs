//! What can be asked about products. Each question reads in one moment and holds no connection while it asks a port.

use std::collections::HashMap;

use kernel::id::ProductId;

use super::{
    Listing, ProductRef, Selection, Stocked,
    store::{self, Sight},
};
use crate::{CatalogError, CatalogService, Product, View};

impl CatalogService {
    pub(crate) async fn products_by_id(
        &self,
        ids: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Product>, CatalogError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut conn = self.db.conn().await?;
        let products = store::list_by_ids(&mut conn, ids, self.sight(view)).await?;
        Ok(products.into_iter().map(|product| (product.id, product)).collect())
    }

    /// One page of the active products.
    pub(crate) async fn listing(&self, selection: &Selection, view: View) -> Result<Listing, CatalogError> {
        let (total, mut products) = {
            let mut conn = self.db.conn().await?;
            let sight = self.sight(view);
            let total = store::count(&mut conn, selection, sight).await?;
            (total, store::list_page(&mut conn, selection, sight).await?)
        };
        let more = products.len() > selection.limit.get();
        products.truncate(selection.limit.get());
        let next = products.last().filter(|_| more).map(|last| last.id);
        Ok(Listing { products: self.stocked(products).await?, next, total })
    }

    /// An active product by its id or its code.
    pub(crate) async fn product(&self, wanted: &ProductRef, view: View) -> Result<Stocked, CatalogError> {
        let found = {
            let mut conn = self.db.conn().await?;
            store::find(&mut conn, wanted, self.sight(view)).await?
        };
        let sold = found.filter(|product| product.active);
        self.stocked(sold.into_iter().collect()).await?.pop().ok_or(CatalogError::ProductNotFound)
    }

    async fn stocked(&self, products: Vec<Product>) -> Result<Vec<Stocked>, CatalogError> {
        if products.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<ProductId> = products.iter().map(|product| product.id).collect();
        let available = self.availability.available(&ids).await?;
        let units = |id| available.get(&id).copied().unwrap_or(0);
        Ok(products.into_iter().map(|product| Stocked { available: units(product.id), product }).collect())
    }

    fn sight(&self, view: View) -> Sight {
        Sight { view, now: self.clock.now() }
    }
}
