//! `Idempotency-Key`: the first answer again for the same request, byte for byte.

use std::{pin::pin, sync::Arc, time::Duration};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::{StatusCode, header::CONTENT_TYPE},
};
use async_trait::async_trait;
use futures_util::future::{Either, Ready, ready, select};
use kernel::PortError;
use serde::Serialize;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{ApiError, Envelope, Reply};

/// How long work under a key may take. Shorter than the time for which [`Answers`] holds the key for it: whoever takes
/// the key over must not meet somebody who is still at it.
pub const WORK_AT_MOST: Duration = Duration::from_secs(18);

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

/// The id that what the work makes will carry, also when a crash hands the key to another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The id is new: nobody has begun.
    First(Uuid),
    /// Another request may have done it in part, or wholly.
    Again(Uuid),
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub status: u16,
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    Work(Turn),
    Done(Given),
    Running,
    Reused,
}

/// Where answers are kept.
#[async_trait]
pub trait Answers: Send + Sync {
    async fn claim(&self, request: &KeyedRequest) -> Result<Claimed, PortError>;
    /// Whether anybody has claimed the key, and not given it back.
    async fn is_known(&self, request: &KeyedRequest) -> Result<bool, PortError>;
    /// Keeps the answer, unless one is kept already: then that one, which every repetition will be given.
    async fn keep(&self, request: &KeyedRequest, answer: &Given) -> Result<Option<Given>, PortError>;
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
    work: impl FnOnce(Turn) -> F + 'static,
) -> Result<HttpResponse, ApiError>
where
    T: Serialize + 'static,
    F: Future<Output = Result<Reply<T>, ApiError>> + 'static,
{
    once_within(WORK_AT_MOST, answers, request, work).await
}

/// The same, of what can be refused by a look: then nothing is written, unless the key is known. What was seen is given
/// to the work.
///
/// Only after the look it is asked whether the key is known, because an earlier request with it may be why it is
/// refused; at the same time the look may find out what to tell. A look that failed is told of at once.
pub async fn once_seen<S, W, T, F>(
    answers: Arc<dyn Answers>,
    request: KeyedRequest,
    look: impl Future<Output = Result<S, W>>,
    work: impl FnOnce(Turn, Option<S>) -> F + 'static,
) -> Result<HttpResponse, ApiError>
where
    S: 'static,
    W: Future<Output = ApiError>,
    T: Serialize + 'static,
    F: Future<Output = Result<Reply<T>, ApiError>> + 'static,
{
    let seen = match look.await {
        Ok(seen) => Some(seen),
        Err(why) => {
            let (known, refusal) = match select(pin!(why), pin!(answers.is_known(&request))).await {
                // Nobody could look: who looks for the key would wait as long, for the same.
                Either::Left((failure, _)) if failure.is_server_error() => return Err(failure),
                Either::Left((refusal, known)) => (known.await, refusal),
                Either::Right((known, why)) => (known, why.await),
            };
            match known {
                Ok(true) => None,
                Ok(false) => return Err(refusal),
                Err(e) => return Err(port(e)),
            }
        }
    };
    once(answers, request, |turn| work(turn, seen)).await
}

pub(crate) async fn once_within<T, F>(
    limit: Duration,
    answers: Arc<dyn Answers>,
    request: KeyedRequest,
    work: impl FnOnce(Turn) -> F + 'static,
) -> Result<HttpResponse, ApiError>
where
    T: Serialize + 'static,
    F: Future<Output = Result<Reply<T>, ApiError>> + 'static,
{
    let turn = match answers.claim(&request).await.map_err(port)? {
        Claimed::Work(turn) => turn,
        Claimed::Done(given) => return Ok(answer(given)),
        Claimed::Running => {
            return Err(ApiError::new(StatusCode::CONFLICT, "REQUEST_IN_PROGRESS")
                .retry_after(Duration::from_secs(1)));
        }
        Claimed::Reused => {
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED"));
        }
    };
    // Large, and moved from hand to hand: put in one place.
    let work = Box::pin(work(turn));
    let task = async move {
        let done = tokio::time::timeout(limit, work).await;
        match done.unwrap_or_else(|_| Err(too_slow())) {
            Ok(reply) => {
                let status = reply.status.as_u16();
                let body = serde_json::to_string(&Envelope::new(reply.data, None::<crate::Meta>))
                    .map_err(|_| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"))?;
                let given = Given { status, body };
                kernel::crash::point("answer.before_keep");
                let earlier = answers.keep(&request, &given).await.map_err(port)?;
                Ok(answer(earlier.unwrap_or(given)))
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
    };
    // What it logs belongs to the request that began it.
    let task = actix_web::rt::spawn(task.instrument(tracing::Span::current()));
    task.await.unwrap_or_else(|_| Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL")))
}

/// Nobody knows how far it got; under the same key it is looked for, and finished.
fn too_slow() -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE").retry_after(Duration::from_secs(1))
}

fn answer(given: Given) -> HttpResponse {
    let status = StatusCode::from_u16(given.status).unwrap_or(StatusCode::OK);
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header(("cache-control", "no-store"))
        .body(given.body)
}

fn port(e: PortError) -> ApiError {
    let kind = e.kind();
    let status = match kind {
        kernel::ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
    };
    let mut error = ApiError::new(status.0, status.1);
    error.source = Some(Box::new(e));
    error.retry_after(Duration::from_secs(1))
}
