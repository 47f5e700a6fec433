//! `/api/products`, `/api/products/{idOrCode}`

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use http_kit::{
    ApiError, Envelope, Failure, Fields, Lang, MaybeCustomer, Page as Paging, Query, UriLanguage, serve,
};
use kernel::{Cursor, Language, Money, UserType, id::ProductId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ProductRef, Selection, Stocked, unit_price::UnitPrice};
use crate::{
    CatalogError, CatalogService, CategoryName, Product, View,
    http::{Page, cache_control},
};

/// A product as it is sold: on a list, alone, or in a cart.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    id: ProductId,
    /// Article number.
    code: String,
    slug: String,
    name: String,
    brand: String,
    /// As printed on the pack: `900g`, `2x200g`.
    size: String,
    category: ItemCategory,
    image_url: Option<String>,
    /// Gross, for one unit.
    price: Money,
    /// Price of a kilogram or a litre; null when the size does not tell.
    unit_price: Option<ItemUnitPrice>,
    /// Percent.
    vat_rate: u16,
    /// Units a buyer can get now.
    available: u32,
    /// The fewest units a buyer may take.
    min_quantity: u32,
    quantity_per_box: u32,
    badges: Vec<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct ItemCategory {
    slug: String,
    name: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = UnitPrice)]
struct ItemUnitPrice {
    price: Money,
    #[schema(example = "kg")]
    unit: &'static str,
}

/// `product` as every answer of the shop shows it: the cart's the same as the catalogue's.
pub fn item_json(product: &Product, available: u32) -> serde_json::Value {
    // Plain data always becomes JSON.
    serde_json::to_value(Item::of(product, available)).unwrap_or_default()
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Language of the answer; over `Accept-Language`.
    #[serde(rename = "lang")]
    #[param(value_type = Option<Language>)]
    _lang: Option<Language>,
    /// Slug of a category.
    category: Option<String>,
    /// Items a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `meta.nextCursor` of the page before.
    cursor: Option<String>,
}

/// Products on sale, oldest first.
///
/// Signed in, prices and minimum quantities are those of the caller's type of account.
#[utoipa::path(
    get, path = "/api/products", tag = "catalogue", operation_id = "listProducts",
    params(ListParams),
    responses(
        (status = 200, body = Envelope<Vec<Item>>),
        (status = 304, description = "the client has it already"),
        (status = "4XX", body = Failure),
        (status = 503, body = Failure),
    ),
    security((), ("bearer" = [])),
)]
pub(crate) async fn list(
    caller: MaybeCustomer,
    req: HttpRequest,
    catalog: Data<CatalogService>,
    lang: Lang,
    Query(params): Query<ListParams>,
) -> Result<HttpResponse, ApiError> {
    let page = Page::Products(view(caller, lang), params.selection()?);
    let body = catalog.body(page).await?;
    Ok(serve(&req, &body, cache_control(caller)))
}

/// One product, by id or by code.
#[utoipa::path(
    get, path = "/api/products/{idOrCode}", tag = "catalogue", operation_id = "getProduct",
    params(("idOrCode" = String, Path, description = "UUID or article number"), UriLanguage),
    responses(
        (status = 200, body = Envelope<Item>),
        (status = 304, description = "the client has it already"),
        (status = "4XX", body = Failure),
        (status = 503, body = Failure),
    ),
    security((), ("bearer" = [])),
)]
pub(crate) async fn get(
    caller: MaybeCustomer,
    req: HttpRequest,
    catalog: Data<CatalogService>,
    lang: Lang,
    wanted: Path<String>,
    _: Query<UriLanguage>,
) -> Result<HttpResponse, ApiError> {
    let wanted = ProductRef::parse(wanted.into_inner()).ok_or(CatalogError::ProductNotFound)?;
    let body = catalog.body(Page::Product(view(caller, lang), wanted)).await?;
    Ok(serve(&req, &body, cache_control(caller)))
}

/// Whoever is not signed in buys as an individual.
fn view(MaybeCustomer(customer): MaybeCustomer, Lang(language): Lang) -> View {
    View { user_type: customer.map_or(UserType::Individual, |c| c.user_type), language }
}

impl ListParams {
    const MAX_SLUG_CHARS: usize = 100;

    fn selection(self) -> Result<Selection, ApiError> {
        let (limit, cursor) = Paging { limit: self.limit, cursor: self.cursor }.parse()?;
        let after = cursor.map(|c| c.decode().ok_or_else(Paging::bad_cursor)).transpose()?;
        let mut fields = Fields::default();
        let category = self.category.map(|slug| fields.text("category", &slug, Self::MAX_SLUG_CHARS));
        fields.finish(|| Some(Selection { category: category.flatten(), limit, after }))
    }
}

pub(crate) fn cursor_after(last: ProductId) -> Cursor {
    Cursor::encode(&last)
}

impl Item {
    fn of(product: &Product, available: u32) -> Self {
        let unit_price = UnitPrice::of(product.price, &product.size);
        Self {
            id: product.id,
            code: product.code.clone(),
            slug: product.slug.clone(),
            name: product.name.clone(),
            brand: product.brand.clone(),
            size: product.size.clone(),
            category: ItemCategory::from(&product.category),
            image_url: product.image_url.clone(),
            price: product.price,
            unit_price: unit_price.map(|UnitPrice { price, unit }| ItemUnitPrice { price, unit }),
            vat_rate: product.vat.percent(),
            available,
            min_quantity: product.min_quantity,
            quantity_per_box: product.quantity_per_box,
            badges: Vec::new(),
        }
    }
}

impl From<&Stocked> for Item {
    fn from(stocked: &Stocked) -> Self {
        Self::of(&stocked.product, stocked.available)
    }
}

impl From<&CategoryName> for ItemCategory {
    fn from(category: &CategoryName) -> Self {
        Self { slug: category.slug.clone(), name: category.name.clone() }
    }
}
