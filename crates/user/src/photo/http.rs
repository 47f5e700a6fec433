//! Serves `/api/users/me/profile-photo`.

use actix_web::{HttpResponse, web::Data};
use http_kit::{ApiError, ApiResult, CurrentUser, Envelope, Failure, Reply};
use media::{Form, Media, Picture};
use serde::Serialize;
use utoipa::ToSchema;

use crate::UserService;

/// Where a photo is served, without scheme and host.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhotoUrls {
    /// At most 1,024 pixels a side.
    #[schema(example = "/media/9f86d081884c7d659a2feaa0c55ad015.jpg")]
    url: String,
    /// At most 256 pixels a side.
    #[schema(example = "/media/60303ae22b998861bce3b28f33eec1be.jpg")]
    thumbnail_url: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhotoResponse {
    photo: PhotoUrls,
}

/// The form's one field.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described: the form is read byte by byte")]
pub(crate) struct PhotoForm {
    /// JPEG, PNG or WebP, at most 2,097,152 bytes, 6,000 pixels a side and 25 megapixels.
    #[schema(value_type = String, format = Binary)]
    photo: Vec<u8>,
}

/// Upload a profile photo, in place of the one before.
#[utoipa::path(
    post, path = "/api/users/me/profile-photo", tag = "user", operation_id = "putPhoto",
    request_body(content = PhotoForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = Envelope<PhotoResponse>),
        (status = 413, body = Failure, description = "`FILE_TOO_LARGE {maxBytes, maxMegabytes}`"),
        (status = 415, body = Failure, description = "`UNSUPPORTED_MEDIA_TYPE`"),
        (status = 422, body = Failure, description = "`IMAGE_TOO_LARGE {maxSide, maxMegapixels}`, `IMAGE_INVALID`"),
        (status = "4XX", body = Failure),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn put_photo(
    customer: CurrentUser,
    users: Data<UserService>,
    media: Data<Media>,
    form: Form,
) -> ApiResult<PhotoResponse> {
    let picture = media.develop(form.file("photo").await?).await?;
    users.put_photo(customer.0.user, &picture).await?;
    Ok(Reply::created(PhotoResponse { photo: PhotoUrls::from(&picture) }))
}

/// Remove the profile photo; there may be none.
#[utoipa::path(
    delete, path = "/api/users/me/profile-photo", tag = "user", operation_id = "deletePhoto",
    responses((status = 204), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_photo(
    customer: CurrentUser,
    users: Data<UserService>,
) -> Result<HttpResponse, ApiError> {
    users.remove_photo(customer.0.user).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<&Picture> for PhotoUrls {
    fn from(picture: &Picture) -> Self {
        Self { url: picture.main.url(), thumbnail_url: picture.thumbnail.url() }
    }
}
