//! Tests over HTTP against a stand-in in this process.

mod api;
mod idempotency;
mod methods;
mod money_back;
mod receiver;
mod restart;
mod tax_register;
mod troubles;
mod webhooks;

use std::future::Future;
use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{Options, Sandbox};

const SECRET_KEY: &str = "sk_test_sandbox";
const PUBLISHABLE_KEY: &str = "pk_test_sandbox";
const WEBHOOK_SECRET: &str = "whsec_sandbox";

/// A stand-in and somebody who calls it.
struct Stand {
    sandbox: Sandbox,
    http: reqwest::Client,
}

impl Stand {
    fn start() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox: Sandbox::start(options).unwrap(), http }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path)).bearer_auth(SECRET_KEY)
    }

    fn post(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        self.http.post(self.url(path)).bearer_auth(SECRET_KEY).form(form)
    }

    /// An intent over 29.99 PLN for order `o1`.
    async fn intent(&self) -> Value {
        let (status, intent) = read(self.post("/v1/payment_intents", &CARD_29_99)).await;
        assert_eq!(status, 200, "{intent}");
        intent
    }

    async fn control(&self, path: &str) -> (u16, Value) {
        read(self.http.post(self.url(&format!("/control/{path}")))).await
    }

    /// The same with something to say.
    async fn controls(&self, path: &str, body: &Value) -> (u16, Value) {
        read(self.http.post(self.url(&format!("/control/{path}"))).json(body)).await
    }

    /// An intent over 29.99 PLN that is paid in this way.
    async fn intent_by(&self, method: &str) -> Value {
        let form = [("amount", "2999"), ("currency", "pln"), ("allowed_payment_method_types[0]", method)];
        let (status, intent) = read(self.post("/v1/payment_intents", &form)).await;
        assert_eq!(status, 200, "{intent}");
        intent
    }

    async fn confirm(&self, intent: &Value, form: &[(&str, &str)]) -> (u16, Value) {
        read(self.post(&format!("/v1/payment_intents/{}/confirm", id_of(intent)), form)).await
    }

    /// The kinds of event there were, oldest first.
    async fn told(&self) -> Vec<String> {
        let (_, events) = read(self.get("/v1/events?limit=100")).await;
        let kinds = events["data"].as_array().unwrap().iter().rev();
        kinds.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    async fn webhooks(&self, url: Option<&str>, paused: bool) {
        let target = json!({ "url": url, "paused": paused });
        let (status, answer) = read(self.http.put(self.url("/control/webhooks")).json(&target)).await;
        assert_eq!(status, 200, "{answer}");
    }

    async fn deliveries(&self) -> Vec<Value> {
        let (_, answer) = read(self.http.get(self.url("/control/webhooks"))).await;
        answer["deliveries"].as_array().cloned().unwrap()
    }
}

const CARD_29_99: [(&str, &str); 4] = [
    ("amount", "2999"),
    ("currency", "pln"),
    ("payment_method_types[0]", "card"),
    ("metadata[order_id]", "o1"),
];

async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

async fn read(request: RequestBuilder) -> (u16, Value) {
    let response = send(request).await;
    (response.status().as_u16(), response.json().await.unwrap())
}

fn id_of(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

/// Asks until `ask` has an answer; fails after five seconds.
async fn eventually<T, F: Future<Output = Option<T>>>(ask: impl Fn() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), asking).await.expect("it should have happened by now")
}
