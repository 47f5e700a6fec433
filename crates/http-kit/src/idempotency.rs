//! `Idempotency-Key`: the first answer again for the same request, byte for byte.

use std::sync::Arc;

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::{StatusCode, header::CONTENT_TYPE},
};
use async_trait::async_trait;
use futures_util::future::{Ready, ready};
use kernel::PortError;
use serde::Serialize;
use uuid::Uuid;

use crate::{ApiError, Envelope, Reply};

/// The header of that name: 1 to 255 visible characters; 400 without it.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(String);

impl FromRequest for IdempotencyKey {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = req.headers().get("idempotency-key").and_then(|v| v.to_str().ok()).map(str::trim);
        ready(match key {
            Some(key) if (1..=255).contains(&key.len()) => Ok(Self(key.to_owned())),
            Some(key) if !key.is_empty() => {
                Err(ApiError::new(StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_INVALID"))
            }
            _ => Err(ApiError::new(StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED")),
        })
    }
}

/// One request under its key.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    /// Caller and endpoint: `orders.place:<user>`.
    pub scope: String,
    pub key: String,
    pub body: actix_web::web::Bytes,
}

impl KeyedRequest {
    pub fn new(
        endpoint: &str,
        caller: impl std::fmt::Display,
        key: IdempotencyKey,
        body: actix_web::web::Bytes,
    ) -> Self {
        Self { scope: format!("{endpoint}:{caller}"), key: key.0, body }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// Do the work; what it makes carries this id, also when a crash hands the key to another request.
    Work(Uuid),
    Done {
        status: u16,
        body: String,
    },
    Running,
    Reused,
}

/// Where answers are kept.
#[async_trait]
pub trait Answers: Send + Sync {
    async fn claim(&self, request: &KeyedRequest) -> Result<Claimed, PortError>;
    async fn keep(&self, request: &KeyedRequest, status: u16, body: &str) -> Result<(), PortError>;
    /// Nothing was changed: forget the key.
    async fn forget(&self, request: &KeyedRequest) -> Result<(), PortError>;
    /// Something may be half done: let the next request with this key finish it under the same id.
    async fn reopen(&self, request: &KeyedRequest) -> Result<(), PortError>;
}

/// Does `work` once for this request, or gives the answer it had.
///
/// The work runs as a task of its own: a client that hangs up does not leave it half done.
pub async fn once<T, F>(
    answers: Arc<dyn Answers>,
    request: KeyedRequest,
    work: impl FnOnce(Uuid) -> F + 'static,
) -> Result<HttpResponse, ApiError>
where
    T: Serialize + 'static,
    F: Future<Output = Result<Reply<T>, ApiError>> + 'static,
{
    let id = match answers.claim(&request).await.map_err(port)? {
        Claimed::Work(id) => id,
        Claimed::Done { status, body } => return Ok(answer(status, body)),
        Claimed::Running => {
            return Err(ApiError::new(StatusCode::CONFLICT, "REQUEST_IN_PROGRESS")
                .retry_after(std::time::Duration::from_secs(1)));
        }
        Claimed::Reused => {
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED"));
        }
    };
    let task = actix_web::rt::spawn(async move {
        match work(id).await {
            Ok(reply) => {
                let status = reply.status.as_u16();
                let body = serde_json::to_string(&Envelope::new(reply.data, None))
                    .map_err(|_| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"))?;
                answers.keep(&request, status, &body).await.map_err(port)?;
                Ok(answer(status, body))
            }
            Err(e) => {
                let settled = if e.is_server_error() {
                    answers.reopen(&request).await
                } else {
                    answers.forget(&request).await
                };
                if let Err(failed) = settled {
                    tracing::warn!(error = %failed, "an idempotency key stays locked until its lease runs out");
                }
                Err(e)
            }
        }
    });
    task.await.unwrap_or_else(|_| Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL")))
}

fn answer(status: u16, body: String) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header(("cache-control", "no-store"))
        .body(body)
}

fn port(e: PortError) -> ApiError {
    let kind = e.kind();
    let status = match kind {
        kernel::ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
    };
    let mut error = ApiError::new(status.0, status.1);
    error.source = Some(Box::new(e));
    error.retry_after(std::time::Duration::from_secs(1))
}
