//! Serves the files that are kept, to everybody who knows their names.

#[cfg(test)]
mod tests;

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::header::{self, HeaderValue},
    web::{Data, Path},
};
use http_kit::{ApiError, Failure, Limit, Public, Routes};
use object_store::GetResult;
use utoipa::OpenApi;

use crate::{FileName, Media, MediaError};

/// Expects a `Data<Media>`.
pub fn routes() -> Routes {
    // Not counted: a page of the shop shows dozens of pictures, each once, for they may be kept for ever.
    Routes::new().get("/media/{name}", Limit::None, file)
}

#[derive(Debug, OpenApi)]
#[openapi(paths(file))]
pub struct ApiDoc;

/// A picture. A name stands for the same bytes for ever, or for nothing.
#[utoipa::path(
    get, path = "/media/{name}", tag = "media", operation_id = "getFile",
    params(("name" = String, Path, description = "As in the `url` that told of it.")),
    responses(
        (status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
        (status = 304, description = "The client has it (`If-None-Match`)."),
        (status = "4XX", body = Failure),
    ),
)]
async fn file(
    _: Public,
    req: HttpRequest,
    name: Path<String>,
    media: Data<Media>,
) -> Result<HttpResponse, ApiError> {
    let name: FileName = name.parse().map_err(|_| MediaError::NotFound)?;
    if !media.is_kept(&name).await? {
        return Err(MediaError::NotFound.into());
    }
    let etag = HeaderValue::from_str(&format!("\"{name}\"")).map_err(|_| MediaError::NotFound)?;
    if http_kit::is_known(&req, &etag) {
        return Ok(HttpResponse::NotModified()
            .insert_header((header::ETAG, etag))
            .insert_header(FOR_EVER)
            .finish());
    }
    Ok(sent(&name, etag, media.open(&name).await?))
}

const FOR_EVER: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");

fn sent(name: &FileName, etag: HeaderValue, file: GetResult) -> HttpResponse {
    let size = file.meta.size;
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, name.content_type()))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Opened by itself, it may load and run nothing.
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'"))
        .insert_header((header::ETAG, etag))
        .insert_header(FOR_EVER)
        .body(SizedStream::new(size, file.into_stream()))
}
