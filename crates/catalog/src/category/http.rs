//! Serves `/api/products/categories`.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use http_kit::{ApiError, Envelope, Failure, Lang, MaybeCustomer, Query, UriLanguage, serve};
use kernel::id::CategoryId;
use serde::Serialize;
use utoipa::ToSchema;

use super::Category;
use crate::{
    CatalogService,
    http::{Page, cache_control},
    product::http::view,
};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Category)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CategoryResponse {
    id: CategoryId,
    slug: String,
    name: String,
    /// Products that a list of it shows.
    product_count: usize,
    image_url: Option<String>,
}

/// The categories in shop order.
#[utoipa::path(
    get, path = "/api/products/categories", tag = "catalogue", operation_id = "listCategories",
    params(UriLanguage),
    responses(
        (status = 200, body = Envelope<Vec<CategoryResponse>>),
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
    _: Query<UriLanguage>,
) -> Result<HttpResponse, ApiError> {
    let body = catalog.body(Page::Categories(view(caller, lang))).await?;
    Ok(serve(&req, &body, cache_control(caller)))
}

impl From<Category> for CategoryResponse {
    fn from(category: Category) -> Self {
        let Category { id, slug, name, product_count, image_url } = category;
        Self { id, slug, name, product_count, image_url }
    }
}
