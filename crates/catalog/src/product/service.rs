//! What can be asked about products. No question holds a connection while it asks a port.

use std::{collections::HashMap, sync::Arc};

use kernel::{Language, id::ProductId};
use moka::sync::Cache;

use super::{
    Details, Listing, ProductRef, Selection, Stocked,
    store::{self, Sight},
};
use crate::{
    CatalogError, CatalogService, Category, Product, View,
    index::{Index, Matches, Meaning, store::list_meanings},
};

/// Products as they were read last, each with the generation of the index at which it was.
#[derive(Clone)]
pub(crate) struct KnownProducts(Cache<(ProductId, View), (u64, Arc<Product>)>);

impl KnownProducts {
    const MAX_BYTES: u64 = 16 * 1024 * 1024;
    /// What an entry costs beside its texts, at a generous guess.
    const OVERHEAD_BYTES: usize = 512;

    pub(crate) fn new() -> Self {
        let weigher = |_: &(ProductId, View), (_, product): &(u64, Arc<Product>)| {
            let Product { code, slug, name, brand, size, category, image_url, .. } = &**product;
            let texts = [code, slug, name, brand, size, &category.slug, &category.name];
            let bytes: usize = texts.iter().map(|text| text.len()).sum();
            let bytes = bytes + image_url.as_ref().map_or(0, String::len) + Self::OVERHEAD_BYTES;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(Self::MAX_BYTES).weigher(weigher).build())
    }

    /// Unless the product changed since.
    fn get(&self, product: ProductId, view: View, index: &Index) -> Option<Arc<Product>> {
        let (read_at, known) = self.0.get(&(product, view))?;
        index.changed(product).is_some_and(|changed| read_at >= changed).then_some(known)
    }

    fn put(&self, view: View, read_at: u64, product: &Arc<Product>) {
        self.0.insert((product.id, view), (read_at, product.clone()));
    }
}

impl CatalogService {
    /// Those that are known come from memory, the others in one query.
    pub(crate) async fn products_by_id(
        &self,
        ids: &[ProductId],
        view: View,
    ) -> Result<HashMap<ProductId, Arc<Product>>, CatalogError> {
        let mut products = HashMap::with_capacity(ids.len());
        let generation = {
            let index = self.live.index().await?;
            for id in ids {
                if let Some(product) = self.known.get(*id, view, &index) {
                    products.insert(*id, product);
                }
            }
            index.generation()
        };
        let unread: Vec<ProductId> = ids.iter().copied().filter(|id| !products.contains_key(id)).collect();
        for (id, product) in self.read_by_id(&unread, view).await? {
            let product = Arc::new(product);
            self.known.put(view, generation, &product);
            products.insert(id, product);
        }
        Ok(products)
    }

    pub(crate) async fn read_by_id(
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
        let meanings = match &selection.question {
            Some(question) => Some(self.meanings(question).await?),
            None => None,
        };
        let found = {
            let index = self.live.index().await?;
            let matches = meanings.map(|meanings| index.search(&meanings, view.language));
            index.list(selection, matches.as_ref(), view)
        };
        let products = self.stocked(&found.page, view).await?;
        Ok(Listing { products, next: found.next, total: found.total, facets: found.facets })
    }

    /// What a question that is being typed may become: products, the likeliest first, and categories it names.
    pub(crate) async fn suggestions(
        &self,
        question: &str,
        limit: kernel::Limit,
        view: View,
    ) -> Result<(Vec<Arc<Product>>, Vec<Category>), CatalogError> {
        let meanings = self.meanings(question).await?;
        let selection = Selection { limit, ..Selection::default() };
        let (page, categories) = {
            let index = self.live.index().await?;
            let matches: Matches = index.search(&meanings, view.language);
            let categories = index.categories(view.user_type);
            let meant = index.categories_meant(&meanings);
            let named =
                categories.into_iter().filter(|(shelf, _)| meant.iter().any(|meant| meant.id == shelf.id));
            let named =
                named.take(limit.get()).map(|(shelf, count)| Category::of(shelf, count, view.language));
            let named: Vec<Category> = named.collect();
            (index.list(&selection, Some(&matches), view).page, named)
        };
        Ok((self.in_order(&page, view).await?, categories))
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
        Ok((Stocked { product: Arc::new(product), available }, details))
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
        let related = self.live.index().await?.related(id, view.user_type, limit.get());
        self.stocked(&related.ok_or(CatalogError::ProductNotFound)?, view).await
    }

    async fn meanings(&self, question: &str) -> Result<Vec<Meaning>, CatalogError> {
        let mut conn = self.db.conn().await?;
        Ok(list_meanings(&mut conn, question).await?)
    }

    async fn stocked(&self, ids: &[ProductId], view: View) -> Result<Vec<Stocked>, CatalogError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let products = self.in_order(ids, view).await?;
        let available = self.availability.available(ids).await?;
        let units = |id| available.get(&id).copied().unwrap_or(0);
        Ok(products.into_iter().map(|product| Stocked { available: units(product.id), product }).collect())
    }

    /// One that went in this very moment is missing.
    async fn in_order(&self, ids: &[ProductId], view: View) -> Result<Vec<Arc<Product>>, CatalogError> {
        let mut products = self.products_by_id(ids, view).await?;
        Ok(ids.iter().filter_map(|id| products.remove(id)).collect())
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
