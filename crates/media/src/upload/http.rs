//! Reads a form with one file, byte by byte counted.

use std::{sync::Arc, time::Duration};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderMap, HeaderValue},
    },
    web::{Bytes, Data},
};
use futures_util::{
    StreamExt as _,
    future::{Ready, ready},
};
use http_kit::{ApiError, Fields};

use super::{MAX_BYTES, Upload};
use crate::{Media, MediaError, picture::Format};

/// What boundaries and headers may take beside the file.
const MAX_FRAME_BYTES: usize = 64 * 1024;
/// How long a file may take to come in: a slow phone, not somebody who holds places.
const READING: Duration = Duration::from_secs(30);
/// A field's name that is told back is cut to so many characters.
const MAX_NAME_CHARS: usize = 64;

/// The `multipart/form-data` body of a request, not read yet: 415 for another type. Expects a `Data<Media>`.
pub struct Form {
    caller: String,
    multipart: Multipart,
    media: Data<Media>,
}

impl FromRequest for Form {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Self::of(req, payload))
    }
}

impl Form {
    fn of(req: &HttpRequest, payload: &mut Payload) -> Result<Self, ApiError> {
        if !req.content_type().eq_ignore_ascii_case("multipart/form-data") {
            return Err(MediaError::UnsupportedType.into());
        }
        let media = req.app_data::<Data<Media>>().cloned();
        let media = media.ok_or_else(|| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"))?;
        let mut left = MAX_BYTES + MAX_FRAME_BYTES;
        let counted = payload.take().map(move |chunk| {
            let chunk = chunk?;
            left = left.checked_sub(chunk.len()).ok_or(PayloadError::Overflow)?;
            Ok(chunk)
        });
        Ok(Self {
            caller: http_kit::Counted::of(req).to_string(),
            multipart: Multipart::new(req.headers(), counted),
            media,
        })
    }

    /// The file in the field of that name, which must be the form's only one: 422 otherwise.
    pub async fn file(self, name: &str) -> Result<Upload, ApiError> {
        let place = self.media.places.take(self.caller).await?;
        let reading = tokio::time::timeout(READING, read(self.multipart, name)).await;
        let (declared, bytes) =
            reading.map_err(|_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT"))??;
        Ok(Upload { declared, bytes: Arc::new(bytes), _place: place })
    }
}

/// A form as one piece of bytes, for fuzzing.
pub(crate) async fn read_bytes(body: &[u8], name: &str) -> Option<(Format, Vec<u8>)> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=x"));
    let body = Bytes::copy_from_slice(body);
    let chunks = futures_util::stream::once(ready(Ok::<_, PayloadError>(body)));
    read(Multipart::new(&headers, chunks), name).await.ok()
}

async fn read(mut form: Multipart, name: &str) -> Result<(Format, Vec<u8>), ApiError> {
    let (mut file, mut fields) = (None, Fields::default());
    while let Some(field) = form.next().await {
        let field = field.map_err(|e| broken(&e))?;
        match field.name() {
            Some(known) if known == name && file.is_none() => file = Some(read_file(field).await?),
            Some(known) if known == name => {
                fields.refuse(name, "DUPLICATE");
                return fields.finish(|| None);
            }
            other => {
                let other: String = other.unwrap_or_default().chars().take(MAX_NAME_CHARS).collect();
                fields.refuse(&other, "UNKNOWN");
                return fields.finish(|| None);
            }
        }
    }
    if file.is_none() {
        fields.refuse(name, "REQUIRED");
    }
    fields.finish(|| file)
}

async fn read_file(mut field: Field) -> Result<(Format, Vec<u8>), ApiError> {
    let declared = field.content_type().and_then(|declared| Format::declared(declared.essence_str()));
    let declared = declared.ok_or(MediaError::UnsupportedType)?;
    // Whole from the start, for growing would hold it twice; what is not written to takes no memory.
    let mut bytes = Vec::with_capacity(MAX_BYTES);
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|e| broken(&e))?;
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(MediaError::FileTooLarge.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((declared, bytes))
}

fn broken(e: &MultipartError) -> ApiError {
    match e {
        MultipartError::Payload(PayloadError::Overflow) => MediaError::FileTooLarge.into(),
        _ => malformed(),
    }
}

fn malformed() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "MALFORMED_REQUEST")
}
