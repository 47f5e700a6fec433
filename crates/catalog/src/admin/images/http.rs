//! Serves the pictures of `/api/admin/products/{id}`.

use actix_web::web::{Data, Path};
use http_kit::{ApiError, ApiResult, Body, Envelope, Failure, Id, IfMatch, Reply, Staff};
use kernel::id::{ImageId, ProductId};
use media::{Form, Media};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Image, ImageChange};
use crate::{
    CatalogService,
    admin::{http::ManageCatalogue, products::http::AdminProduct},
};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminImage {
    id: ImageId,
    /// At most 1,024 pixels a side.
    url: String,
    /// At most 256 pixels a side.
    thumbnail_url: String,
}

/// The form's one field.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described: the form is read byte by byte")]
pub(crate) struct ImageForm {
    /// JPEG, PNG or WebP, at most 2,097,152 bytes, 6,000 pixels a side and 25 megapixels.
    #[schema(value_type = String, format = Binary)]
    image: Vec<u8>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ArrangeImagesRequest {
    /// All of the product's, each once; the first is what lists show.
    image_ids: Vec<ImageId>,
}

/// Add a picture; ten at most. The first is what lists show.
#[utoipa::path(
    post, path = "/api/admin/products/{id}/images", tag = "administration", operation_id = "addProductImage",
    params(("id" = ProductId, Path), ("If-Match" = String, Header, description = "The `ETag` it was read with.")),
    request_body(content = ImageForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = Envelope<AdminProduct>),
        (status = 409, body = Failure, description = "`TOO_MANY_IMAGES {max}`"),
        (status = 412, body = Failure, description = "`VERSION_OUTDATED {version}`"),
        (status = 413, body = Failure, description = "`FILE_TOO_LARGE {maxBytes, maxMegabytes}`"),
        (status = 428, body = Failure, description = "`IF_MATCH_REQUIRED`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn add(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    media: Data<Media>,
    id: Id<ProductId>,
    expected: IfMatch,
    form: Form,
) -> ApiResult<AdminProduct> {
    let picture = media.develop(form.file("image").await?).await?;
    let dossier =
        catalog.change_images(staff.member.actor, (id.0, expected.0), ImageChange::Add(&picture)).await?;
    let version = dossier.sheet.version;
    Ok(Reply::created(AdminProduct::from(dossier)).of_version(version))
}

/// Put the pictures into another order.
#[utoipa::path(
    put, path = "/api/admin/products/{id}/images", tag = "administration", operation_id = "arrangeProductImages",
    params(("id" = ProductId, Path), ("If-Match" = String, Header, description = "The `ETag` it was read with.")),
    request_body = ArrangeImagesRequest,
    responses(
        (status = 200, body = Envelope<AdminProduct>),
        (status = 412, body = Failure, description = "`VERSION_OUTDATED {version}`"),
        (status = 422, body = Failure, description = "Not exactly the product's pictures."),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn arrange(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    id: Id<ProductId>,
    expected: IfMatch,
    body: Body<ArrangeImagesRequest>,
) -> ApiResult<AdminProduct> {
    let (actor, product) = (staff.member.actor, (id.0, expected.0));
    let change = ImageChange::Arrange(&body.value.image_ids);
    Ok(catalog.change_images(actor, product, change).await?.reply())
}

/// Take a picture away.
#[utoipa::path(
    delete, path = "/api/admin/products/{id}/images/{imageId}", tag = "administration",
    operation_id = "removeProductImage",
    params(
        ("id" = ProductId, Path), ("imageId" = ImageId, Path),
        ("If-Match" = String, Header, description = "The `ETag` it was read with."),
    ),
    responses(
        (status = 200, body = Envelope<AdminProduct>),
        (status = 412, body = Failure, description = "`VERSION_OUTDATED {version}`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn remove(
    staff: Staff<ManageCatalogue>,
    catalog: Data<CatalogService>,
    path: Path<(String, String)>,
    expected: IfMatch,
) -> ApiResult<AdminProduct> {
    let (id, image) = path.into_inner();
    let ids = id.parse::<ProductId>().ok().zip(image.parse().ok());
    let (id, image) = ids.ok_or_else(ApiError::not_found)?;
    let (actor, product) = (staff.member.actor, (id, expected.0));
    Ok(catalog.change_images(actor, product, ImageChange::Remove(image)).await?.reply())
}

impl From<Image> for AdminImage {
    fn from(image: Image) -> Self {
        let Image { id, url, thumbnail_url } = image;
        Self { id, url, thumbnail_url }
    }
}
