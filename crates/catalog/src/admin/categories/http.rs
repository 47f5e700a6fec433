//! Serves `/api/admin/categories`.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web::Data};
use http_kit::{ApiError, ApiResult, Body, Envelope, Failure, Id, IfMatch, Reply, Staff};
use kernel::{Language, id::CategoryId};
use media::{Form, Media};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{KnownShelf, Shelf};
use crate::{
    CatalogService,
    admin::{http::ManageCatalogue, images::http::ImageForm},
};

/// A category as it is written down: what is asked for is what is sent back, changed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategorySheet {
    #[schema(max_length = 200, example = "sut-urunleri")]
    slug: String,
    /// The lowest comes first.
    #[schema(minimum = 0, maximum = 10_000)]
    position: i32,
    translations: CategoryNames,
}

/// Its name in each language, 1 to 120 characters; one at least.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CategoryNames {
    tr: Option<String>,
    en: Option<String>,
    pl: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminCategory {
    id: CategoryId,
    version: i32,
    category: CategorySheet,
    image_url: Option<String>,
    thumbnail_url: Option<String>,
    /// Products in it, sold or not.
    product_count: i64,
}

/// Every category, in the shop's order.
#[utoipa::path(
    get, path = "/api/admin/categories", tag = "administration", operation_id = "adminListCategories",
    responses((status = 200, body = Envelope<Vec<AdminCategory>>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn list(
    _: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
) -> ApiResult<Vec<AdminCategory>> {
    Ok(Reply::ok(catalog.shelves().await?.into_iter().map(AdminCategory::from).collect()))
}

/// One category. The `ETag` is what a change has to name.
#[utoipa::path(
    get, path = "/api/admin/categories/{id}", tag = "administration", operation_id = "adminGetCategory",
    params(("id" = CategoryId, Path)),
    responses((status = 200, body = Envelope<AdminCategory>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn get(
    _: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    id: Id<CategoryId>,
) -> ApiResult<AdminCategory> {
    Ok(catalog.shelf(id.0).await?.reply())
}

/// Add a category.
#[utoipa::path(
    post, path = "/api/admin/categories", tag = "administration", operation_id = "createCategory",
    request_body = CategorySheet,
    responses((status = 201, body = Envelope<AdminCategory>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn create(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    body: Body<CategorySheet>,
) -> ApiResult<AdminCategory> {
    let made = catalog.create_category(staff.member.actor, body.value.into()).await?;
    let version = made.version;
    Ok(Reply::created(AdminCategory::from(made)).of_version(version))
}

/// The category becomes what is sent.
#[utoipa::path(
    put, path = "/api/admin/categories/{id}", tag = "administration", operation_id = "changeCategory",
    params(("id" = CategoryId, Path), ("If-Match" = String, Header, description = "The `ETag` it was read with.")),
    request_body = CategorySheet,
    responses(
        (status = 200, body = Envelope<AdminCategory>),
        (status = 412, body = Failure, description = "`VERSION_OUTDATED {version}`"),
        (status = 428, body = Failure, description = "`IF_MATCH_REQUIRED`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn change(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    id: Id<CategoryId>,
    expected: IfMatch,
    body: Body<CategorySheet>,
) -> ApiResult<AdminCategory> {
    let (actor, category) = (staff.member.actor, (id.0, expected.0));
    Ok(catalog.change_category(actor, category, body.value.into()).await?.reply())
}

/// Remove a category that has nothing in it.
#[utoipa::path(
    delete, path = "/api/admin/categories/{id}", tag = "administration", operation_id = "removeCategory",
    params(("id" = CategoryId, Path), ("If-Match" = String, Header, description = "The `ETag` it was read with.")),
    responses(
        (status = 204),
        (status = 409, body = Failure, description = "`CATEGORY_NOT_EMPTY {products}`"),
        (status = 412, body = Failure, description = "`VERSION_OUTDATED {version}`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn remove(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    id: Id<CategoryId>,
    expected: IfMatch,
) -> Result<HttpResponse, ApiError> {
    catalog.remove_category(staff.member.actor, (id.0, expected.0)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Give it a picture, in place of the one before.
#[utoipa::path(
    put, path = "/api/admin/categories/{id}/image", tag = "administration", operation_id = "putCategoryImage",
    params(("id" = CategoryId, Path), ("If-Match" = String, Header, description = "The `ETag` it was read with.")),
    request_body(content = ImageForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Envelope<AdminCategory>),
        (status = 412, body = Failure, description = "`VERSION_OUTDATED {version}`"),
        (status = 413, body = Failure, description = "`FILE_TOO_LARGE {maxBytes, maxMegabytes}`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn put_image(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    media: Data<Media>,
    id: Id<CategoryId>,
    expected: IfMatch,
    form: Form,
) -> ApiResult<AdminCategory> {
    let picture = media.develop(form.file("image").await?).await?;
    let (actor, category) = (staff.member.actor, (id.0, expected.0));
    Ok(catalog.put_category_image(actor, category, Some(&picture)).await?.reply())
}

/// Take its picture away; there may be none.
#[utoipa::path(
    delete, path = "/api/admin/categories/{id}/image", tag = "administration", operation_id = "removeCategoryImage",
    params(("id" = CategoryId, Path), ("If-Match" = String, Header, description = "The `ETag` it was read with.")),
    responses(
        (status = 200, body = Envelope<AdminCategory>),
        (status = 412, body = Failure, description = "`VERSION_OUTDATED {version}`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn remove_image(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    id: Id<CategoryId>,
    expected: IfMatch,
) -> ApiResult<AdminCategory> {
    let (actor, category) = (staff.member.actor, (id.0, expected.0));
    Ok(catalog.put_category_image(actor, category, None).await?.reply())
}

impl KnownShelf {
    fn reply(self) -> Reply<AdminCategory> {
        let version = self.version;
        Reply::ok(AdminCategory::from(self)).of_version(version)
    }
}

impl From<CategorySheet> for Shelf {
    fn from(sheet: CategorySheet) -> Self {
        let CategorySheet { slug, position, translations: CategoryNames { tr, en, pl } } = sheet;
        let names = [(Language::Tr, tr), (Language::En, en), (Language::Pl, pl)].into_iter();
        let names: BTreeMap<_, _> =
            names.filter_map(|(language, name)| Some((language, name?.trim().to_owned()))).collect();
        Self { slug, position, names }
    }
}

impl From<KnownShelf> for AdminCategory {
    fn from(known: KnownShelf) -> Self {
        let KnownShelf { id, version, shelf, image_url, thumbnail_url, products } = known;
        let mut names = shelf.names;
        let mut name = |language| names.remove(&language);
        let translations =
            CategoryNames { tr: name(Language::Tr), en: name(Language::En), pl: name(Language::Pl) };
        let category = CategorySheet { slug: shelf.slug, position: shelf.position, translations };
        Self { id, version, category, image_url, thumbnail_url, product_count: products }
    }
}
