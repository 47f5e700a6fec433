//! The catalogue's routes, and the cache of their finished answers.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use foldhash::quality::RandomState;
use http_kit::{Limit, MaybeCustomer, Rendered, Routes};
use moka::future::Cache;
use utoipa::OpenApi;

use crate::{
    CatalogError, CatalogService, View,
    admin::{
        categories::http as shelves, http as administration, images::http as images, products::http as sheets,
    },
    category::http::{self as category, CategoryResponse},
    import::http as files,
    product::{
        ProductRef, Selection,
        details::http::{self as details, DetailedItem},
        http::{self as product, Item, ListMeta, SuggestionsResponse},
    },
};

/// The routes. Handlers find the service as `Data<CatalogService>`, and the administration's a `Data<media::Media>`.
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/products", Limit::Default, product::list)
        .get("/api/products/categories", Limit::Default, category::list)
        .get("/api/products/suggestions", Limit::Default, product::suggest)
        .get("/api/products/{idOrCode}", Limit::Default, details::get)
        .get("/api/products/{idOrCode}/related", Limit::Default, details::related)
        .join(administration::routes())
        .join(files::routes())
}

#[derive(Debug, OpenApi)]
#[openapi(paths(
    product::list,
    category::list,
    product::suggest,
    details::get,
    details::related,
    sheets::list,
    sheets::create,
    sheets::get,
    sheets::change,
    sheets::plan_price,
    sheets::plan_rate,
    images::add,
    images::arrange,
    images::remove,
    shelves::list,
    shelves::create,
    shelves::get,
    shelves::change,
    shelves::remove,
    shelves::put_image,
    shelves::remove_image,
    files::export,
    files::list,
    files::import,
    files::undo
))]
pub struct ApiDoc;

/// Anybody's proxy may keep it; everybody asks each time whether it still holds.
const PUBLIC: &str = "public, max-age=0, must-revalidate";
/// Holds prices of one type of customer: for the client's own cache only.
const PRIVATE: &str = "private, max-age=0, must-revalidate";

pub(crate) fn cache_control(MaybeCustomer(customer): MaybeCustomer) -> &'static str {
    if customer.is_some() { PRIVATE } else { PUBLIC }
}

/// Everything the catalogue can be asked to show; two equal pages have the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Page {
    Categories(View),
    Products(View, Selection),
    Suggestions(View, String, kernel::Limit),
    Product(View, ProductRef),
    Related(View, ProductRef, kernel::Limit),
}

/// Finished answers, each of one generation of the index, and kept for less than a second: that is how old a displayed
/// availability may be.
#[derive(Clone)]
pub(crate) struct Bodies(Cache<(Page, u64), Rendered, RandomState>);

impl Bodies {
    const MAX_BYTES: u64 = 16 * 1024 * 1024;
    /// What an entry costs beside its body, at a generous guess.
    const OVERHEAD_BYTES: usize = 512;
    /// The rest of the second is for the queries that went before.
    const KEPT: Duration = Duration::from_millis(900);

    pub(crate) fn new() -> Self {
        let cache = Cache::builder()
            .max_capacity(Self::MAX_BYTES)
            .weigher(|(page, _): &(Page, u64), body: &Rendered| {
                let bytes = body.len() + page.text_len() + Self::OVERHEAD_BYTES;
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            .time_to_live(Self::KEPT);
        // Each key holds what can be asked of a list: it is long.
        Self(cache.build_with_hasher(RandomState::default()))
    }
}

impl Page {
    /// Bytes of what the caller wrote into it.
    fn text_len(&self) -> usize {
        match self {
            Self::Products(_, Selection { question, filter, .. }) => {
                let texts = [question, &filter.category, &filter.brand, &filter.badge];
                texts.into_iter().flatten().map(String::len).sum()
            }
            Self::Suggestions(_, text, _)
            | Self::Product(_, ProductRef::Code(text))
            | Self::Related(_, ProductRef::Code(text), _) => text.len(),
            _ => 0,
        }
    }
}

impl CatalogService {
    /// The bytes of a page: from memory when they are fresh, else made once for all who wait for them.
    ///
    /// A failure is handed to those who wait and not kept.
    pub(crate) async fn body(&self, page: Page) -> Result<Rendered, CatalogError> {
        let Bodies(cache) = &self.bodies;
        let key = (page, self.generation().await?);
        if let Some(body) = cache.get(&key).await {
            return Ok(body);
        }
        // Boxed, so that those who find it there, which is nearly everybody, do not carry the state of those who do not.
        let rendering = Box::pin(self.render(key.0.clone()));
        let rendered = Box::pin(cache.try_get_with(key, rendering)).await;
        rendered.map_err(|e: Arc<CatalogError>| CatalogError::Shared(e))
    }

    async fn render(&self, page: Page) -> Result<Rendered, CatalogError> {
        let none = None::<ListMeta>;
        let rendered = match page {
            Page::Categories(view) => {
                let categories = self.categories(view).await?.into_iter();
                Rendered::new(categories.map(CategoryResponse::from).collect::<Vec<_>>(), none)
            }
            Page::Products(view, selection) => {
                let listing = self.listing(&selection, view).await?;
                let items: Vec<_> = listing.products.iter().map(Item::from).collect();
                Rendered::new(items, Some(ListMeta::from(listing)))
            }
            Page::Suggestions(view, question, limit) => Rendered::new(
                SuggestionsResponse::from(self.suggestions(&question, limit, view).await?),
                none,
            ),
            Page::Product(view, wanted) => {
                Rendered::new(DetailedItem::from(self.product(&wanted, view).await?), none)
            }
            Page::Related(view, wanted, limit) => {
                let related = self.related(&wanted, limit, view).await?;
                Rendered::new(related.iter().map(Item::from).collect::<Vec<_>>(), none)
            }
        };
        Ok(rendered?)
    }
}
