//! The Stripe stand-in, in this process.

use reqwest::Client;
use sandbox::{Mood, Options, Sandbox};
use serde_json::Value;

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

/// Straight to the stand-in, whatever proxy the environment names.
fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}
