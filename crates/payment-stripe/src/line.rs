//! The line to Stripe: connections stay open from one call to the next. The SDK's own client opens one for each call,
//! which costs a customer who orders two more ways to Stripe and back.

use std::fmt::Display;
use std::time::Duration;

use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use stripe_client_core::{
    CustomizedStripeRequest, RequestBuilder, RequestStrategy, StripeClient, StripeClientErr, StripeMethod,
    VERSION,
};
use stripe_shared::ApiErrors;

use crate::config::{self, ConfigError};

/// Stripe's own servers keep one for longer.
const IDLE: Duration = Duration::from_secs(30);
/// A page of a hundred intents stays far below.
const LONGEST: usize = 4 * 1024 * 1024;

pub(crate) struct Line {
    http: Client<HttpsConnector<HttpConnector>, Full<bytes::Bytes>>,
    /// Without a slash at its end.
    base: String,
    authorization: HeaderValue,
}

/// A call that was not answered, or with a refusal. Its text shows nothing of what was sent.
#[derive(Debug)]
pub(crate) enum LineError {
    /// Not a byte of it was sent.
    NotConnected,
    Broken(String),
    /// Stripe's words, and the status.
    Refused(Box<ApiErrors>, u16),
    Unreadable,
}

impl StripeClientErr for LineError {
    fn deserialize_err(_: impl Display) -> Self {
        Self::Unreadable
    }
}

impl Line {
    /// Nothing is connected to yet.
    ///
    /// # Errors
    /// An address with a path, something that is no secret key, a live key over plain http.
    pub(crate) fn to(base_url: &str, secret_key: &str) -> Result<Self, ConfigError> {
        let base = config::checked(base_url, secret_key)?;
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {secret_key}")).map_err(|_| ConfigError::SecretKey)?;
        authorization.set_sensitive(true);
        let connector =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Ok(Self { http, base, authorization })
    }

    fn request(
        &self,
        asked: RequestBuilder,
        strategy: Option<&RequestStrategy>,
    ) -> Result<Request<Full<bytes::Bytes>>, http::Error> {
        let RequestBuilder { query, body, path, method } = asked;
        let query = query.filter(|query| !query.is_empty()).map(|query| format!("?{query}"));
        let mut request = Request::builder()
            .method(match method {
                StripeMethod::Get => Method::GET,
                StripeMethod::Post => Method::POST,
                StripeMethod::Delete => Method::DELETE,
            })
            .uri(format!("{}/v1{path}{}", self.base, query.unwrap_or_default()))
            .header("authorization", &self.authorization)
            .header("stripe-version", VERSION.as_str());
        if let Some(key) = strategy.and_then(RequestStrategy::get_key) {
            request = request.header("idempotency-key", key.as_str());
        }
        if body.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        request.body(Full::from(body.unwrap_or_default()))
    }
}

impl StripeClient for Line {
    type Err = LineError;

    async fn execute(&self, request: CustomizedStripeRequest) -> Result<bytes::Bytes, LineError> {
        let (asked, config) = request.into_pieces();
        let request = self.request(asked, config.request_strategy.as_ref());
        let request = request.map_err(|e| LineError::Broken(e.to_string()))?;
        let answer = self.http.request(request).await.map_err(|e| {
            if e.is_connect() { LineError::NotConnected } else { LineError::Broken(e.to_string()) }
        })?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LONGEST).collect().await;
        let body = body.map_err(|e| LineError::Broken(e.to_string()))?.to_bytes();
        if status.is_success() { Ok(body) } else { Err(refusal(&body, status)) }
    }
}

fn refusal(body: &[u8], status: StatusCode) -> LineError {
    let text = std::str::from_utf8(body).unwrap_or_default();
    match miniserde::json::from_str::<stripe_shared::Error>(text) {
        Ok(refusal) => LineError::Refused(refusal.error, status.as_u16()),
        Err(_) => LineError::Unreadable,
    }
}
