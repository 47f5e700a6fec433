//! Refusals in Stripe's shape: a status and `{"error":{"type","code","message",…}}`.

use serde_json::{Map, Value, json};

/// Whether an answer is stored under its idempotency key.
///
/// Stripe stores nothing for a request that was refused before its work began
/// (<https://docs.stripe.com/api/idempotent_requests>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    Yes,
    No,
}

#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) stored: Stored,
    fields: Map<String, Value>,
}

impl ApiError {
    fn new(status: u16, kind: &str, code: Option<&str>, message: impl Into<String>) -> Self {
        let mut fields = Map::new();
        fields.insert("type".to_owned(), json!(kind));
        fields.insert("code".to_owned(), json!(code));
        fields.insert("message".to_owned(), Value::String(message.into()));
        if let Some(code) = code {
            fields.insert("doc_url".to_owned(), json!(format!("https://stripe.com/docs/error-codes/{code}")));
        }
        Self { status, stored: Stored::No, fields }
    }

    fn stored(self) -> Self {
        Self { stored: Stored::Yes, ..self }
    }

    /// Adds what only some errors carry, for example `payment_intent`.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.fields.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, "invalid_request_error", None, message)
    }

    pub(crate) fn secret_key_required() -> Self {
        let message = "This API call cannot be made with a publishable API key. Please use a secret API key.";
        Self::new(401, "invalid_request_error", Some("secret_key_required"), message)
    }

    /// Stripe itself is in trouble.
    pub(crate) fn out_of_order(status: u16) -> Self {
        Self::new(status, "api_error", None, "Something went wrong on Stripe's end.")
    }

    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", None, message)
    }

    pub(crate) fn unrecognized_url(method: &str, path: &str) -> Self {
        Self::new(
            404,
            "invalid_request_error",
            None,
            format!("Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs"),
        )
    }

    pub(crate) fn parameter(param: &str, code: &str, message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", Some(code), message).with("param", json!(param))
    }

    pub(crate) fn missing_parameter(param: &str) -> Self {
        Self::parameter(param, "parameter_missing", format!("Missing required param: {param}."))
    }

    pub(crate) fn no_such(object: &str, id: &str, param: &str) -> Self {
        let status = if param == "intent" || param == "id" { 404 } else { 400 };
        let error = Self::parameter(param, "resource_missing", format!("No such {object}: '{id}'"));
        Self { status, ..error }
    }

    /// The object is in a state that does not allow what was asked.
    pub(crate) fn unexpected_state(message: impl Into<String>, payment_intent: Value) -> Self {
        Self::new(400, "invalid_request_error", Some("payment_intent_unexpected_state"), message)
            .with("payment_intent", payment_intent)
            .stored()
    }

    /// The card was refused; `decline` is the intent's `last_payment_error`.
    pub(crate) fn card(decline: &Value, payment_intent: Value) -> Self {
        let mut error =
            Self::new(402, "card_error", None, "").with("payment_intent", payment_intent).stored();
        if let Value::Object(fields) = decline {
            error.fields.extend(fields.clone());
        }
        error
    }

    pub(crate) fn idempotency_key_too_long() -> Self {
        Self::new(400, "invalid_request_error", None, "Idempotency keys must be 1 to 255 characters long.")
    }

    pub(crate) fn idempotency_mismatch(key: &str) -> Self {
        Self::new(
            400,
            "idempotency_error",
            None,
            format!(
                "Keys for idempotent requests can only be used with the same endpoint and the same parameters \
                 they were first used with. Try using a key other than '{key}' if you meant to execute a \
                 different request."
            ),
        )
    }

    pub(crate) fn message(&self) -> &str {
        self.fields.get("message").and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn body(&self) -> Value {
        json!({ "error": self.fields })
    }
}
