//! Failures on the wire: `{"success":false,"error":{…},"requestId":"…"}`, in the caller's language.

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use kernel::{FieldError, Language, Params};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{ApiError, RequestContext, language};

/// Looks a message up by its code.
pub trait Messages: Send + Sync {
    fn message(&self, language: Language, code: &str, params: &Params) -> Option<String>;
}

/// The body of every refusal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Always `false`.
    success: bool,
    error: FailureDetail,
    request_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct FailureDetail {
    /// Stable, for programs: `INSUFFICIENT_STOCK`.
    code: String,
    /// For people, in the caller's language.
    message: String,
    #[serde(skip_serializing_if = "Params::is_empty")]
    #[schema(value_type = Object)]
    params: Params,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldFailure>,
}

/// One field of the request that cannot be accepted.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldFailure {
    /// Path in the request: `items[0].quantity`.
    field: String,
    code: String,
    message: String,
}

impl FieldFailure {
    /// In that language; without messages the code stands for itself.
    pub fn of(error: &FieldError, language: Language, messages: Option<&dyn Messages>) -> Self {
        let message = text(messages, language, &format!("FIELD_{}", error.code), &error.params);
        Self { field: error.field.clone(), code: error.code.to_owned(), message }
    }
}

fn text(messages: Option<&dyn Messages>, language: Language, code: &str, params: &Params) -> String {
    messages.and_then(|m| m.message(language, code, params)).unwrap_or_else(|| code.to_owned())
}

/// Gives every failed answer its envelope: our own errors, and those that actix made.
pub async fn failures<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut res = next.call(req).await?.map_into_boxed_body();
    let status = res.status();
    if status.is_success() || status.is_informational() || status.is_redirection() {
        return Ok(res);
    }
    let foreign;
    let error = if let Some(error) = res.response().error().and_then(Error::as_error::<ApiError>) {
        error
    } else {
        foreign = ApiError::new(status, code_of(status));
        &foreign
    };
    let request = res.request();
    let id = RequestContext::read(request, |context| context.id.to_string()).unwrap_or_default();
    if status.is_server_error() {
        report(error, request.match_pattern().as_deref(), &id);
    }
    let language = language::of(request).await;
    let body = envelope(error, language, request.app_data::<Data<dyn Messages>>().map(|m| &***m), id);
    let retry_after = error.retry_after.map(|wait| wait.as_millis().div_ceil(1000).max(1).to_string());
    let headers = res.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = retry_after.and_then(|s| HeaderValue::from_str(&s).ok()) {
        headers.insert(header::RETRY_AFTER, seconds);
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Ok(res.map_body(|_, _| BoxBody::new(body)))
}

fn envelope(
    error: &ApiError,
    language: Language,
    messages: Option<&dyn Messages>,
    request_id: String,
) -> Vec<u8> {
    let text = |code: &str, params: &Params| text(messages, language, code, params);
    let fields = error.fields.iter().map(|f| FieldFailure::of(f, language, messages));
    let failure = Failure {
        success: false,
        error: FailureDetail {
            code: error.code.to_owned(),
            message: text(error.code, &error.params),
            params: error.params.clone(),
            fields: fields.collect(),
        },
        request_id,
    };
    serde_json::to_vec(&failure).unwrap_or_default()
}

/// A 5xx is logged here, once, with its causes; Sentry listens to the log.
fn report(error: &ApiError, route: Option<&str>, request_id: &str) {
    let chain = std::iter::successors(error.source.as_deref().map(shorten), |e| e.source());
    let causes: Vec<String> = chain.map(ToString::to_string).collect();
    let (code, chain) = (error.code, causes.join(": "));
    if error.status == StatusCode::SERVICE_UNAVAILABLE || error.status == StatusCode::NOT_IMPLEMENTED {
        tracing::warn!(
            route,
            request.id = request_id,
            code,
            chain,
            "request {request_id} could not be served"
        );
    } else {
        tracing::error!(route, request.id = request_id, code, chain, "request {request_id} failed");
    }
}

fn shorten<'a>(
    error: &'a (dyn std::error::Error + Send + Sync + 'static),
) -> &'a (dyn std::error::Error + 'static) {
    error
}

fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "MALFORMED_REQUEST",
        StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
        StatusCode::FORBIDDEN => "FORBIDDEN",
        StatusCode::NOT_FOUND => "NOT_FOUND",
        StatusCode::METHOD_NOT_ALLOWED => "METHOD_NOT_ALLOWED",
        StatusCode::REQUEST_TIMEOUT => "REQUEST_TIMEOUT",
        StatusCode::PAYLOAD_TOO_LARGE => "BODY_TOO_LARGE",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "UNSUPPORTED_MEDIA_TYPE",
        StatusCode::SERVICE_UNAVAILABLE => "UNAVAILABLE",
        s if s.is_server_error() => "INTERNAL",
        _ => "MALFORMED_REQUEST",
    }
}
