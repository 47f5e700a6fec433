//! Serves `/api/products` and `/api/products/suggestions`; what an item looks like wherever it is shown.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use http_kit::{ApiError, Envelope, Failure, Fields, Lang, MaybeCustomer, Page as Paging, Query, serve};
use kernel::{Cursor, Language, Limit, Money, UserType, id::ProductId};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        Schema,
        schema::{ObjectBuilder, Type},
    },
};

use super::{Filter, Listing, Selection, Sort, Stocked, unit_price::UnitPrice};
use crate::{
    CatalogService, Category, CategoryName, Product, View,
    http::{Page, cache_control},
    index::Facets,
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

/// `product` as every answer of the shop shows it, written out: the cart's the same as the catalogue's.
pub fn item_json(product: &Product, available: u32) -> Box<RawValue> {
    // Plain data always becomes JSON.
    to_raw_value(&Item::of(product, available)).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Language of the answer; over `Accept-Language`.
    #[serde(rename = "lang")]
    #[param(value_type = Option<Language>)]
    _lang: Option<Language>,
    /// Slug of a category.
    category: Option<String>,
    /// What to search for: words of names in any of the languages, of brand and category, or a code. Case and accents
    /// do not matter, the last letters may be missing, small mistakes are forgiven.
    #[param(max_length = 100)]
    q: Option<String>,
    /// As `meta.facets.brands` names it.
    brand: Option<String>,
    /// As `meta.facets.badges` names it.
    badge: Option<String>,
    /// Gross, in grosz, included.
    #[param(minimum = 0)]
    min_price: Option<i64>,
    /// Gross, in grosz, included.
    #[param(minimum = 0)]
    max_price: Option<i64>,
    /// `true` shows only what can be had.
    in_stock: Option<bool>,
    /// `relevance` when not given: what fits `q` best, or the order in which products were made.
    #[param(schema_with = orders)]
    sort: Option<Sort>,
    /// Items a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `meta.nextCursor` of the page before, which was sorted alike.
    cursor: Option<String>,
}

/// The words of [`Sort`], as the document has them.
fn orders() -> Schema {
    let words = ["relevance", "name", "price", "-price", "newest", "bestselling"];
    Schema::Object(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build())
}

/// What is said about a list of products.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductListMeta)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListMeta {
    /// Ask with it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
    /// How many items there are in all pages.
    total: usize,
    facets: FacetsResponse,
}

/// What the list can be narrowed to. A count says how many products the same list would have with that value instead of
/// what is chosen of its kind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductFacets)]
#[serde(rename_all = "camelCase")]
struct FacetsResponse {
    /// In shop order.
    categories: Vec<CategoryFacet>,
    /// The most frequent first.
    brands: Vec<NamedFacet>,
    badges: Vec<NamedFacet>,
    /// Of the products that the list would have without limits to the price; null when there are none.
    price: Option<PriceRange>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CategoryFacet {
    slug: String,
    name: String,
    count: usize,
}

#[derive(Debug, Serialize, ToSchema)]
struct NamedFacet {
    name: String,
    count: usize,
}

#[derive(Debug, Serialize, ToSchema)]
struct PriceRange {
    min: Money,
    max: Money,
}

/// Products on sale.
///
/// Signed in, prices and minimum quantities are those of the caller's type of account.
#[utoipa::path(
    get, path = "/api/products", tag = "catalogue", operation_id = "listProducts",
    params(ListParams),
    responses(
        (status = 200, body = Envelope<Vec<Item>, ListMeta>),
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

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuggestionParams {
    /// Language of the answer; over `Accept-Language`.
    #[serde(rename = "lang")]
    #[param(value_type = Option<Language>)]
    _lang: Option<Language>,
    /// What has been typed so far.
    #[param(min_length = 2, max_length = 100)]
    q: String,
    /// At most so many products, and so many categories.
    #[param(minimum = 1, maximum = 10, default = 10)]
    limit: Option<u32>,
}

/// What may be meant by the words that are being typed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Suggestions)]
pub(crate) struct SuggestionsResponse {
    /// The likeliest first.
    products: Vec<SuggestedProduct>,
    /// In shop order.
    categories: Vec<CategoryFacet>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SuggestedProduct {
    id: ProductId,
    code: String,
    slug: String,
    name: String,
    brand: String,
    size: String,
    image_url: Option<String>,
}

/// Type-ahead: products and categories.
///
/// Case and accents do not matter, the last letters may be missing, small mistakes are forgiven.
#[utoipa::path(
    get, path = "/api/products/suggestions", tag = "catalogue", operation_id = "suggestProducts",
    params(SuggestionParams),
    responses(
        (status = 200, body = Envelope<SuggestionsResponse>),
        (status = 304, description = "the client has it already"),
        (status = "4XX", body = Failure),
        (status = 503, body = Failure),
    ),
    security((), ("bearer" = [])),
)]
pub(crate) async fn suggest(
    caller: MaybeCustomer,
    req: HttpRequest,
    catalog: Data<CatalogService>,
    lang: Lang,
    Query(params): Query<SuggestionParams>,
) -> Result<HttpResponse, ApiError> {
    let (question, limit) = params.parse()?;
    let body = catalog.body(Page::Suggestions(view(caller, lang), question, limit)).await?;
    Ok(serve(&req, &body, cache_control(caller)))
}

/// Whoever is not signed in buys as an individual.
pub(crate) fn view(MaybeCustomer(customer): MaybeCustomer, Lang(language): Lang) -> View {
    View { user_type: customer.map_or(UserType::Individual, |c| c.user_type), language }
}

/// 1 to `max`; 10 when not given.
pub(super) fn few(fields: &mut Fields, limit: Option<u32>, max: u32) -> Option<Limit> {
    let limit = limit.unwrap_or(10);
    let few = Limit::new(limit).filter(|_| limit <= max);
    if few.is_none() {
        fields.refuse_between("limit", 1.into(), max.into());
    }
    few
}

const MAX_QUESTION_CHARS: usize = 100;

impl SuggestionParams {
    const MIN_CHARS: usize = 2;

    fn parse(self) -> Result<(String, Limit), ApiError> {
        let mut fields = Fields::default();
        let question = fields.text("q", &self.q, MAX_QUESTION_CHARS);
        if question.as_ref().is_some_and(|question| question.chars().count() < Self::MIN_CHARS) {
            fields.refuse_with("q", "TOO_SHORT", "min", Self::MIN_CHARS.into());
        }
        let limit = few(&mut fields, self.limit, 10);
        fields.finish(|| question.zip(limit))
    }
}

impl ListParams {
    const MAX_NAME_CHARS: usize = 100;

    fn selection(self) -> Result<Selection, ApiError> {
        let (limit, cursor) = Paging { limit: self.limit, cursor: self.cursor }.parse()?;
        let mut fields = Fields::default();
        let mut text =
            |name: &str, text: Option<String>, max| text.and_then(|text| fields.text(name, &text, max));
        // A form that was sent empty asks nothing.
        let question = self.q.filter(|q| !q.trim().is_empty());
        let question = text("q", question, MAX_QUESTION_CHARS);
        let category = text("category", self.category, Self::MAX_NAME_CHARS);
        let brand = text("brand", self.brand, Self::MAX_NAME_CHARS);
        let badge = text("badge", self.badge, Self::MAX_NAME_CHARS);
        for (name, price) in [("minPrice", self.min_price), ("maxPrice", self.max_price)] {
            if price.is_some_and(|price| price < 0) {
                fields.refuse_between(name, 0.into(), i64::MAX.into());
            }
        }
        let filter = Filter {
            category,
            brand,
            badge,
            min_price: self.min_price,
            max_price: self.max_price,
            in_stock: self.in_stock.unwrap_or(false),
        };
        let selection = Selection { question, filter, sort: self.sort, limit, after: None };
        let after = cursor.map(|cursor| {
            let after: Option<super::After> = cursor.decode();
            after.filter(|after| after.sort == selection.sort()).ok_or_else(Paging::bad_cursor)
        });
        let after = after.transpose()?;
        fields.finish(|| Some(Selection { after, ..selection }))
    }
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
            badges: product.badges.clone(),
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

impl From<Listing> for ListMeta {
    fn from(listing: Listing) -> Self {
        let Facets { categories, brands, badges, prices } = listing.facets;
        let named = |(name, count)| NamedFacet { name, count };
        let category = |(slug, name, count)| CategoryFacet { slug, name, count };
        Self {
            next_cursor: listing.next.map(|after| Cursor::encode(&after).as_str().to_owned()),
            total: listing.total,
            facets: FacetsResponse {
                categories: categories.into_iter().map(category).collect(),
                brands: brands.into_iter().map(named).collect(),
                badges: badges.into_iter().map(named).collect(),
                price: prices.map(|(min, max)| PriceRange { min: Money::grosz(min), max: Money::grosz(max) }),
            },
        }
    }
}

impl From<(Vec<Product>, Vec<Category>)> for SuggestionsResponse {
    fn from((products, categories): (Vec<Product>, Vec<Category>)) -> Self {
        let product = |product: Product| SuggestedProduct {
            id: product.id,
            code: product.code,
            slug: product.slug,
            name: product.name,
            brand: product.brand,
            size: product.size,
            image_url: product.image_url,
        };
        let category =
            |Category { slug, name, product_count, .. }| CategoryFacet { slug, name, count: product_count };
        Self {
            products: products.into_iter().map(product).collect(),
            categories: categories.into_iter().map(category).collect(),
        }
    }
}
