//! The Stripe stand-in, in this process.

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Client;
use sandbox::{Fault, Mood, Options, Sandbox, Trouble, WebhookTrouble};
use serde_json::{Value, json};
use sha2::Sha256;

pub const SECRET_KEY: &str = "sk_test_journey";
pub(crate) const PUBLISHABLE_KEY: &str = "pk_test_journey";
pub const WEBHOOK_SECRET: &str = "whsec_journey";

/// What customers' devices and banks do with payments.
pub struct Stripe {
    sandbox: Sandbox,
}

impl Stripe {
    /// Its webhooks go to the gateway on `port`.
    pub(crate) fn telling(port: u16) -> Self {
        let options = Options {
            webhook_url: Some(format!("http://127.0.0.1:{port}/stripe/webhook")),
            webhook_secret: WEBHOOK_SECRET.to_owned(),
            secret_key: SECRET_KEY.to_owned(),
            publishable_key: PUBLISHABLE_KEY.to_owned(),
            ..Options::default()
        };
        Self { sandbox: Sandbox::start(options).unwrap() }
    }

    /// How the tax register behaves from now on, which the same stand-in plays.
    pub fn turn_tax_register(&self, mood: Mood) {
        self.sandbox.turn_tax_register(mood);
    }

    pub fn url(&self) -> String {
        self.sandbox.base_url()
    }

    /// The customer pays.
    pub fn succeed(&self, intent: &str) {
        self.sandbox.succeed(intent).unwrap();
    }

    /// The customer pays, if the payment still can be paid.
    pub fn try_to_succeed(&self, intent: &str) {
        drop(self.sandbox.succeed(intent));
    }

    /// The bank refuses.
    pub fn fail(&self, intent: &str) {
        self.sandbox.fail(intent, "card_declined").unwrap();
    }

    /// The bank is at the payment.
    pub fn process(&self, intent: &str) {
        self.sandbox.process(intent).unwrap();
    }

    /// What goes wrong with calls of this method and path from now on, so many times.
    pub fn troubles(&self, method: &str, path: &str, what: Trouble, times: u32) {
        let (method, path) = (Some(method.to_owned()), path.to_owned());
        self.sandbox.troubles(vec![Fault { method, path, what, times }]);
    }

    /// All is well again.
    pub fn recovers(&self) {
        self.sandbox.troubles(Vec::new());
    }

    /// What goes wrong with webhooks from now on.
    pub fn troubles_webhooks(&self, trouble: WebhookTrouble) {
        self.sandbox.troubles_webhooks(trouble);
    }

    /// Calls of this method and path so far, with their parameters.
    pub fn calls(&self, method: &str, path: &str) -> Vec<sandbox::Call> {
        let mut calls = self.sandbox.calls();
        calls.retain(|call| call.method == method && call.path == path);
        calls
    }

    /// Every refund of an intent, newest first.
    pub fn refunds_of(&self, intent: &str) -> Vec<Value> {
        let mut refunds = self.sandbox.refunds();
        refunds.retain(|refund| refund["payment_intent"] == intent);
        refunds
    }

    /// Anything that the control API does: `payment_intents/pi_…/dispute`.
    pub async fn controls(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/control/{path}", self.url());
        let answer = client().post(url).json(body).send().await.unwrap();
        let (status, body): (_, Value) = (answer.status(), answer.json().await.unwrap());
        assert!(status.is_success(), "{path}: {body}");
        body
    }

    /// What the customer's device does with a setup or an intent: `setup_intents/seti_…/confirm`.
    pub async fn confirms(&self, path: &str, secret: &str, form: &[(&str, &str)]) -> Value {
        let mut form = form.to_vec();
        form.extend([("key", PUBLISHABLE_KEY), ("client_secret", secret)]);
        let answer = client().post(format!("{}/v1/{path}", self.url())).form(&form).send().await.unwrap();
        let (status, body): (_, Value) = (answer.status(), answer.json().await.unwrap());
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The intents whose metadata names the order.
    pub fn intents_of(&self, order: &str) -> Vec<Value> {
        let mut intents = self.sandbox.intents();
        intents.retain(|intent| intent["metadata"]["order_id"] == order);
        intents
    }

    /// Somebody else with our key makes an intent of their own that claims to be for `order`.
    pub async fn makes_a_foreign_intent(&self, amount: i64, currency: &str, order: &str) -> String {
        let form = [
            ("amount", amount.to_string()),
            ("currency", currency.to_owned()),
            ("automatic_payment_methods[enabled]", "true".to_owned()),
            ("metadata[order_id]", order.to_owned()),
        ];
        let request = client().post(format!("{}/v1/payment_intents", self.url())).bearer_auth(SECRET_KEY);
        let answer = request.form(&form).send().await.unwrap();
        let (status, body): (_, Value) = (answer.status(), answer.json().await.unwrap());
        assert_eq!(status, 200, "{body}");
        body["id"].as_str().unwrap().to_owned()
    }

    /// How often each webhook was sent and how the last time was answered.
    pub async fn deliveries(&self) -> Vec<Value> {
        let asked = client().get(format!("{}/control/webhooks", self.url())).send().await.unwrap();
        let body: Value = asked.json().await.unwrap();
        body["deliveries"].as_array().unwrap_or_else(|| panic!("{body}")).clone()
    }

    /// Sends an event once more.
    pub async fn resends(&self, event: &str) {
        let url = format!("{}/control/webhooks/resend/{event}", self.url());
        let answer = client().post(url).send().await.unwrap();
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
    }
}

/// An event about an intent as Stripe would tell it.
pub fn event(id: &str, kind: &str, intent: &str) -> String {
    let object = json!({ "object": "payment_intent", "id": intent });
    json!({ "id": id, "object": "event", "type": kind, "data": { "object": object } }).to_string()
}

/// `v1` of a body that was signed at that moment, in seconds since 1970.
pub fn signature(secret: &str, at: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// Straight to the stand-in, whatever proxy the environment names.
fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}
