//! Serves `/api/products/{idOrCode}` and what goes with it.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use http_kit::{ApiError, Envelope, Failure, Fields, Lang, MaybeCustomer, Query, UriLanguage, serve};
use kernel::Language;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Details, Image};
use crate::{
    CatalogError, CatalogService,
    http::{Page, cache_control},
    product::{
        ProductRef, Stocked,
        http::{Item, few, view},
    },
};

/// A product with all that is told of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DetailedItem {
    #[serde(flatten)]
    item: Item,
    /// Plain text; empty when there is none.
    description: String,
    /// Substances of Annex II of Regulation (EU) No 1169/2011.
    allergens: Vec<String>,
    /// Whole numbers per 100 g or 100 ml; null when they are not known.
    #[schema(value_type = Option<Object>)]
    nutrition: Option<serde_json::Value>,
    /// How to keep it; empty when nothing is said.
    storage: String,
    /// ISO 3166-1 alpha-2.
    origin_country: Option<String>,
    manufacturer: String,
    images: Vec<ImageResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductImage)]
#[serde(rename_all = "camelCase")]
struct ImageResponse {
    url: String,
    thumbnail_url: String,
}

/// One product, by id or by code.
#[utoipa::path(
    get, path = "/api/products/{idOrCode}", tag = "catalogue", operation_id = "getProduct",
    params(("idOrCode" = String, Path, description = "UUID or article number"), UriLanguage),
    responses(
        (status = 200, body = Envelope<DetailedItem>),
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

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RelatedParams {
    /// Language of the answer; over `Accept-Language`.
    #[serde(rename = "lang")]
    #[param(value_type = Option<Language>)]
    _lang: Option<Language>,
    /// At most so many.
    #[param(minimum = 1, maximum = 20, default = 10)]
    limit: Option<u32>,
}

/// Products that go with one: of its category, first those that can be had, those of its brand, those that sell well.
#[utoipa::path(
    get, path = "/api/products/{idOrCode}/related", tag = "catalogue", operation_id = "listRelatedProducts",
    params(("idOrCode" = String, Path, description = "UUID or article number"), RelatedParams),
    responses(
        (status = 200, body = Envelope<Vec<Item>>),
        (status = 304, description = "the client has it already"),
        (status = "4XX", body = Failure),
        (status = 503, body = Failure),
    ),
    security((), ("bearer" = [])),
)]
pub(crate) async fn related(
    caller: MaybeCustomer,
    req: HttpRequest,
    catalog: Data<CatalogService>,
    lang: Lang,
    wanted: Path<String>,
    Query(params): Query<RelatedParams>,
) -> Result<HttpResponse, ApiError> {
    let wanted = ProductRef::parse(wanted.into_inner()).ok_or(CatalogError::ProductNotFound)?;
    let mut fields = Fields::default();
    let limit = few(&mut fields, params.limit, 20);
    let limit = fields.finish(|| limit)?;
    let body = catalog.body(Page::Related(view(caller, lang), wanted, limit)).await?;
    Ok(serve(&req, &body, cache_control(caller)))
}

impl From<(Stocked, Details)> for DetailedItem {
    fn from((stocked, details): (Stocked, Details)) -> Self {
        let Details { description, storage, manufacturer, origin_country, allergens, nutrition, images } =
            details;
        let image = |Image { url, thumbnail_url }| ImageResponse { url, thumbnail_url };
        Self {
            item: Item::from(&stocked),
            description,
            allergens,
            nutrition,
            storage,
            origin_country,
            manufacturer,
            images: images.into_iter().map(image).collect(),
        }
    }
}
