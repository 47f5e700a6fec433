//! Somebody who asks the shop over HTTP.

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::Value;

use crate::Answer;

/// A caller without an account: an address, and the headers sent with every request.
#[derive(Clone, Debug)]
pub struct Visitor {
    client: Client,
    base: String,
    headers: Vec<(String, String)>,
}

impl Visitor {
    pub(crate) fn of(base: String) -> Self {
        // A connection a request: one that a killed gateway left behind would fail the next request, not the shop.
        let client = Client::builder()
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { client, base, headers: Vec::new() }
    }

    /// The same caller, who also sends this header.
    #[must_use]
    pub fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut headers = self.headers.clone();
        headers.retain(|(known, _)| known != name);
        headers.push((name.to_owned(), value.into()));
        Self { headers, ..self.clone() }
    }

    #[must_use]
    pub fn speaking(&self, language: &str) -> Self {
        self.with("accept-language", language)
    }

    #[must_use]
    pub fn bearing(&self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, Some(body.to_string())).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PUT, path, Some(body.to_string())).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, path, Some(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, None).await
    }

    /// Any request; a body is called JSON unless a header of the caller's says otherwise.
    pub async fn ask(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let what = format!("{method} {path}");
        self.try_to(method, path, body).await.unwrap_or_else(|e| panic!("{what}: {e:?}"))
    }

    /// Sends a form with these fields, each `(name, file name, content type, bytes)`.
    pub async fn uploads(&self, path: &str, fields: &[(&str, &str, &str, &[u8])]) -> Answer {
        let (body, content_type) = testkit::pictures::form(fields);
        let sender = self.with("content-type", content_type);
        sender.send(Method::POST, path, Some(body)).await.unwrap_or_else(|e| panic!("POST {path}: {e:?}"))
    }

    /// A request of [`ask`](Self::ask), when there may be nobody to answer.
    pub async fn try_to(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<Answer, reqwest::Error> {
        self.send(method, path, body.map(String::into_bytes)).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if body.is_some() && !self.headers.iter().any(|(name, _)| name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
    }
}
