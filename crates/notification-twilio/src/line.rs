//! The line to Twilio: one request, one answer, within a time.

use std::time::Duration;

use hyper::{
    Body, Client, Request, Response, StatusCode, Uri, body::HttpBody as _, client::HttpConnector,
    header::AUTHORIZATION,
};
use hyper_tls::HttpsConnector;
use tokio::time::timeout;

use crate::{config::BaseUrl, failure::Failure};

/// How long a connection may take; in the name of all that is certain, less than a whole call.
const CONNECTING: Duration = Duration::from_secs(5);
/// Larger than twenty messages can be.
const LARGEST_ANSWER: usize = 1024 * 1024;

pub(crate) struct Line {
    base: BaseUrl,
    client: Client<HttpsConnector<HttpConnector>>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

impl Line {
    pub(crate) fn to(base: BaseUrl) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECTING));
        let connector = HttpsConnector::new_with_connector(http);
        // A connection each: with one that was kept and that the other side has just closed, nobody knows whether the
        // request arrived.
        Self { base, client: Client::builder().pool_max_idle_per_host(0).build(connector) }
    }

    /// Sends what the SDK made to where we want it. After `limit` it is in doubt whether it arrived.
    pub(crate) async fn ask(&self, request: Request<Body>, limit: Duration) -> Result<Answer, Failure> {
        let request = self.readdressed(request)?;
        match timeout(limit, self.call(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::InDoubt("no answer in time".to_owned())),
        }
    }

    async fn call(&self, request: Request<Body>) -> Result<Answer, Failure> {
        let response = self.client.request(request).await.map_err(|error| {
            // Not a byte of the request is written before there is a connection. The texts of errors stay in here.
            if error.is_connect() { Failure::NotTaken("no connection".to_owned()) } else { broken() }
        })?;
        let status = response.status();
        Ok(Answer { status, body: read(response).await? })
    }

    /// The SDK knows one address only. Path, form and authorization are what it is for.
    fn readdressed(&self, request: Request<Body>) -> Result<Request<Body>, Failure> {
        let (mut head, body) = request.into_parts();
        let mut parts = self.base.uri().clone().into_parts();
        parts.path_and_query = head.uri.path_and_query().cloned();
        head.uri = Uri::from_parts(parts).map_err(|_| Failure::Misconfigured("address".to_owned()))?;
        if let Some(authorization) = head.headers.get_mut(AUTHORIZATION) {
            authorization.set_sensitive(true);
        }
        Ok(Request::from_parts(head, body))
    }
}

async fn read(response: Response<Body>) -> Result<Vec<u8>, Failure> {
    let (mut body, mut bytes) = (response.into_body(), Vec::new());
    while let Some(chunk) = body.data().await {
        bytes.extend_from_slice(&chunk.map_err(|_| broken())?);
        if bytes.len() > LARGEST_ANSWER {
            return Err(Failure::InDoubt("the answer has no end".to_owned()));
        }
    }
    Ok(bytes)
}

fn broken() -> Failure {
    Failure::InDoubt("the connection broke".to_owned())
}
