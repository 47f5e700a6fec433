//! Asks the register over HTTP: one request, bounded in time and in size.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use kernel::{Nip, PortError};
use user::ports::{TaxRecord, TaxRegister};

use crate::{RegisterError, answer, poland};

/// For everything: name, connection, TLS, the whole answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A subject with hundreds of bank accounts stays below.
const LONGEST: usize = 256 * 1024;

type NoBody = Empty<&'static [u8]>;

/// The white list of VAT payers.
pub struct MinistryRegister {
    base: String,
    client: Client<HttpsConnector<HttpConnector>, NoBody>,
    patience: Duration,
}

impl MinistryRegister {
    /// `base` is everything before `/api/search/nip`, with or without a slash at its end. Nothing is connected to.
    pub fn new(base: &str) -> Self {
        Self::with_patience(base, PATIENCE)
    }

    pub(crate) fn with_patience(base: &str, patience: Duration) -> Self {
        let connector =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Self { base: base.trim_end_matches('/').to_owned(), client, patience }
    }

    async fn ask(&self, nip: &Nip, now: DateTime<Utc>) -> Result<Option<TaxRecord>, RegisterError> {
        let url = format!("{}/api/search/nip/{}?date={}", self.base, nip.as_str(), poland::today(now));
        let url = url.parse().map_err(|e| RegisterError::Address(Box::new(e)))?;
        let response = self.client.get(url).await.map_err(|e| RegisterError::Connection(Box::new(e)))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LONGEST).collect().await;
        let body = body.map_err(|_| RegisterError::Length(LONGEST))?.to_bytes();
        match status {
            200 => answer::read(&body, nip),
            _ => Err(RegisterError::Refused { status, code: answer::refusal_code(&body) }),
        }
    }
}

#[async_trait]
impl TaxRegister for MinistryRegister {
    async fn find(&self, nip: &Nip, now: DateTime<Utc>) -> Result<Option<TaxRecord>, PortError> {
        let asked = tokio::time::timeout(self.patience, self.ask(nip, now)).await;
        let answered = asked.unwrap_or(Err(RegisterError::Timeout(self.patience)));
        answered.map_err(|e| PortError::new("tax register", e))
    }
}
