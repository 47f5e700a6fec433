//! The JSON body of a request, read whole and judged strictly.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::StatusCode,
    web::{Bytes, BytesMut},
};
use futures_util::{Stream, StreamExt as _, future::LocalBoxFuture};
use kernel::{FieldError, Params};
use serde::de::DeserializeOwned;

use crate::ApiError;

/// A body may have 64 KiB.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// What a provider sends may have 256 KiB.
const MAX_RAW_BYTES: usize = 256 * 1024;
/// How long a body may take to come: a slow network, not somebody who holds connections open.
const PATIENCE: Duration = Duration::from_secs(20);

/// A JSON body as `T`: 415 for another type, 413 when too large, 400 when it is no JSON, 422 when it is not a `T`.
#[derive(Debug)]
pub struct Body<T> {
    pub value: T,
    /// As it came in: an `Idempotency-Key` is bound to it.
    pub raw: Bytes,
}

impl<T: DeserializeOwned> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = req.content_type().eq_ignore_ascii_case("application/json");
        let payload = payload.take();
        Box::pin(async move {
            if !is_json {
                return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"));
            }
            let raw = read(payload, MAX_BODY_BYTES).await?;
            let value = parse(&raw)?;
            Ok(Self { value, raw })
        })
    }
}

/// A body as it came in, whatever its type, 256 KiB at most: what a provider signs is its bytes.
#[derive(Debug)]
pub struct Raw(pub Bytes);

impl FromRequest for Raw {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        Box::pin(async move { read(payload, MAX_RAW_BYTES).await.map(Self) })
    }
}

/// A file that is the whole body, `LIMIT` bytes at most; its type is what the client says.
#[derive(Debug)]
pub struct FileBody<const LIMIT: usize> {
    pub content_type: String,
    pub bytes: Bytes,
}

/// How long a file may take to come: a slow line, not somebody who holds connections open.
const FILE_PATIENCE: Duration = Duration::from_mins(1);

impl<const LIMIT: usize> FromRequest for FileBody<LIMIT> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let content_type = req.content_type().to_ascii_lowercase();
        let payload = payload.take();
        Box::pin(async move {
            let bytes = read_within(FILE_PATIENCE, payload, LIMIT).await?;
            Ok(Self { content_type, bytes })
        })
    }
}

/// Reads a payload; stops as soon as it is too large, or takes too long.
async fn read(payload: Payload, limit: usize) -> Result<Bytes, ApiError> {
    read_within(PATIENCE, payload, limit).await
}

pub(crate) async fn read_within(
    patience: Duration,
    mut payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    limit: usize,
) -> Result<Bytes, ApiError> {
    let whole = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| ApiError::new(StatusCode::BAD_REQUEST, "MALFORMED_REQUEST"))?;
            if body.len() + chunk.len() > limit {
                return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(patience, whole)
        .await
        .unwrap_or_else(|_| Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT")))
}

fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(raw);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|e| {
        let inner = e.inner();
        if !inner.is_data() {
            return ApiError::new(StatusCode::BAD_REQUEST, "MALFORMED_JSON");
        }
        ApiError::invalid(vec![field_error(&e.path().to_string(), &inner.to_string())])
    })?;
    // Something after the value is no JSON document either.
    json.end().map_err(|_| ApiError::new(StatusCode::BAD_REQUEST, "MALFORMED_JSON"))?;
    // Serde takes a list of the fields' values for the object, whose names then nobody has checked.
    if raw.trim_ascii_start().starts_with(b"[") {
        return Err(ApiError::invalid(vec![field_error("", "")]));
    }
    Ok(value)
}

/// Serde's words tell which field it was about; they are not passed on.
pub(crate) fn field_error(path: &str, message: &str) -> FieldError {
    let quoted = || message.split('`').nth(1).unwrap_or_default();
    let (name, code) = if message.starts_with("unknown field") {
        (Some(quoted()), "UNKNOWN")
    } else if message.starts_with("missing field") {
        (Some(quoted()), "REQUIRED")
    } else {
        (None, "INVALID")
    };
    let path = if path == "." { "" } else { path };
    let field = match name {
        // The path of an unknown field ends in its name already.
        Some(name) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None => path.to_owned(),
    };
    FieldError { field, code, params: Params::new() }
}
