//! The one place where a domain error becomes an HTTP answer.

use std::time::Duration;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use kernel::{DomainError, ErrorKind, FieldError, Params};

use crate::Reply;

pub type ApiResult<T> = Result<Reply<T>, ApiError>;

/// A failure on its way out. The middleware [`crate::failures`] gives it its text and its envelope.
#[derive(Debug)]
pub struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) params: Params,
    pub(crate) fields: Vec<FieldError>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ApiError {
    /// A failure that HTTP itself is the reason of; domains' own failures come through `?`.
    pub fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code, params: Params::new(), fields: Vec::new(), retry_after: None, source: None }
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND")
    }

    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED")
    }

    pub(crate) fn invalid(fields: Vec<FieldError>) -> Self {
        Self { fields, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_FAILED") }
    }

    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// What programs are told beside the code.
    #[must_use]
    pub fn with_params(self, params: Params) -> Self {
        Self { params, ..self }
    }

    /// Whether nothing is known to have been refused: the work may be half done.
    pub(crate) fn is_server_error(&self) -> bool {
        self.status.is_server_error()
    }
}

impl<E: DomainError> From<E> for ApiError {
    fn from(e: E) -> Self {
        let kind = e.kind();
        let retry_after =
            e.retry_after().or((kind == ErrorKind::Unavailable).then_some(Duration::from_secs(1)));
        // What is our own fault is told by its code alone.
        let told = kind != ErrorKind::Internal;
        Self {
            status: status(kind),
            code: match kind {
                ErrorKind::Internal => "INTERNAL",
                ErrorKind::Unavailable => "UNAVAILABLE",
                _ => e.code(),
            },
            params: if told { e.params() } else { Params::new() },
            fields: e.fields(),
            retry_after,
            source: Some(Box::new(e)),
        }
    }
}

fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Malformed => StatusCode::BAD_REQUEST,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Gone => StatusCode::GONE,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Outdated => StatusCode::PRECONDITION_FAILED,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::NotImplemented => StatusCode::NOT_IMPLEMENTED,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status)
    }
}
