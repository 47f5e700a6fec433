//! What can be asked about products. No question holds a connection while it asks a port.

use std::{collections::HashMap, sync::Arc};

use db::{DbError, Together};
use kernel::{Language, id::ProductId};

use super::{
    Details, Listing, ProductRef, Selection, Stocked,
    store::{self, Sight},
};
use crate::{
    CatalogError, CatalogService, Category, Product, View,
    index::{Meaning, store::list_meanings},
};

/// Reads of some products in one view.
pub(crate) type Reading = Together<(View, Vec<ProductId>), HashMap<ProductId, Product>>;

impl CatalogService {
    /// From memory, but for those that came in this very moment.
    pub(crate) async fn products_by_id(
        &self,
        ids: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Product>, CatalogError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let (mut products, unknown) = {
            let index = self.live.index().await?;
            let known = ids.iter().filter_map(|id| Some((*id, index.product(*id, view)?)));
            let unknown: Vec<ProductId> = ids.iter().copied().filter(|id| !index.knows(*id)).collect();
            (known.collect::<HashMap<_, _>>(), unknown)
        };
        products.extend(self.read_by_id(&unknown, view).await?);
        Ok(products)
    }

    /// From memory if that is what the database has, which one row tells; otherwise from the database.
    pub(crate) async fn products_by_id_now(
        &self,
        ids: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Product>, CatalogError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        if let Some(index) = self.live.index_now().await? {
            return Ok(ids.iter().filter_map(|id| Some((*id, index.product(*id, view)?))).collect());
        }
        self.read_by_id(ids, view).await
    }

    pub(crate) async fn product_exists(&self, product: ProductId) -> Result<bool, CatalogError> {
        Ok(store::exists(&mut *self.db.conn().await?, product).await?)
    }

    async fn read_by_id(
        &self,
        ids: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Product>, CatalogError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let read = self.read.ask((view, ids.to_vec()), |_, _| false, |wanted| self.read_all(wanted));
        Ok(read.await?)
    }

    /// The products of each who asks, by a statement for each view.
    async fn read_all(
        &self,
        wanted: Vec<Arc<(View, Vec<ProductId>)>>,
    ) -> Result<Vec<HashMap<ProductId, Product>>, DbError> {
        let mut views = HashMap::<View, Vec<ProductId>>::new();
        for (view, ids) in wanted.iter().map(|wanted| &**wanted) {
            views.entry(*view).or_default().extend(ids);
        }
        let mut conn = self.db.conn().await?;
        let mut read = HashMap::new();
        for (view, mut ids) in views {
            ids.sort_unstable();
            ids.dedup();
            let products = store::list_by_ids(&mut conn, &ids, self.sight(view)).await?;
            read.extend(products.into_iter().map(|product| ((view, product.id), product)));
        }
        let of = |(view, ids): &(View, Vec<ProductId>)| {
            ids.iter().filter_map(|id| Some((*id, read.get(&(*view, *id))?.clone()))).collect()
        };
        Ok(wanted.iter().map(|wanted| of(wanted)).collect())
    }

    /// One page of the active products.
    pub(crate) async fn listing(&self, selection: &Selection, view: View) -> Result<Listing, CatalogError> {
        let meanings = match &selection.question {
            Some(question) => Some(self.meanings(question).await?),
            None => None,
        };
        let found = {
            let index = self.live.index().await?;
            let matches = meanings.map(|meanings| index.search(&meanings, view));
            index.list(selection, matches.as_ref(), view)
        };
        let products = self.stocked(found.page).await?;
        Ok(Listing { products, next: found.next, total: found.total, facets: found.facets })
    }

    /// What a question that is being typed may become: products, the likeliest first, and categories it names.
    pub(crate) async fn suggestions(
        &self,
        question: &str,
        limit: kernel::Limit,
        view: View,
    ) -> Result<(Vec<Product>, Vec<Category>), CatalogError> {
        let meanings = self.meanings(question).await?;
        let selection = Selection { limit, ..Selection::default() };
        {
            let index = self.live.index().await?;
            let matches = index.search(&meanings, view);
            let categories = index.categories(view.user_type);
            let meant = index.categories_meant(&meanings);
            let named =
                categories.into_iter().filter(|(shelf, _)| meant.iter().any(|meant| meant.id == shelf.id));
            let named =
                named.take(limit.get()).map(|(shelf, count)| Category::of(shelf, count, view.language));
            let named: Vec<Category> = named.collect();
            Ok((index.list(&selection, Some(&matches), view).page, named))
        }
    }

    /// An active product by its id or its code, with all that is told of it.
    pub(crate) async fn product(
        &self,
        wanted: &ProductRef,
        view: View,
    ) -> Result<(Stocked, Details), CatalogError> {
        let found = {
            let mut conn = self.db.conn().await?;
            store::find(&mut conn, wanted, self.sight(view)).await?
        };
        let (product, details) =
            found.filter(|(product, _)| product.active).ok_or(CatalogError::ProductNotFound)?;
        let available = self.availability.available(&[product.id]).await?;
        let available = available.get(&product.id).copied().unwrap_or(0);
        Ok((Stocked { product, available }, details))
    }

    /// What goes with a product, for whoever looks at it.
    pub(crate) async fn related(
        &self,
        wanted: &ProductRef,
        limit: kernel::Limit,
        view: View,
    ) -> Result<Vec<Stocked>, CatalogError> {
        let id = match wanted {
            ProductRef::Id(id) => *id,
            ProductRef::Code(code) => {
                let mut conn = self.db.conn().await?;
                store::find_id(&mut conn, code).await?.ok_or(CatalogError::ProductNotFound)?
            }
        };
        let related = self.live.index().await?.related(id, view, limit.get());
        self.stocked(related.ok_or(CatalogError::ProductNotFound)?).await
    }

    async fn meanings(&self, question: &str) -> Result<Vec<Meaning>, CatalogError> {
        let mut conn = self.db.conn().await?;
        Ok(list_meanings(&mut conn, question).await?)
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

    /// The categories in shop order, also those with nothing in them.
    pub(crate) async fn categories(&self, view: View) -> Result<Vec<Category>, CatalogError> {
        let index = self.live.index().await?;
        let categories = index.categories(view.user_type).into_iter();
        Ok(categories.map(|(shelf, count)| Category::of(shelf, count, view.language)).collect())
    }

    /// Raised whenever anything changed: answers of before may be outdated.
    pub(crate) async fn generation(&self) -> Result<u64, CatalogError> {
        Ok(self.live.index().await?.generation())
    }
}

impl Category {
    fn of(shelf: &crate::index::Shelf, products: usize, language: Language) -> Self {
        let crate::CategoryName { slug, name } = shelf.name(language);
        Self { id: shelf.id, slug, name, product_count: products, image_url: shelf.image_url.clone() }
    }
}
