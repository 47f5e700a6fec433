//! Payment's routes.

use http_kit::{Limit, Routes};
use utoipa::OpenApi;

use crate::webhook::http as webhook;

/// Expects a `Data<PaymentService>` and a `Data<WebhookSecrets>`.
pub fn routes() -> Routes {
    Routes::new().post("/stripe/webhook", Limit::None, webhook::receive)
}

#[derive(Debug, OpenApi)]
#[openapi(paths(webhook::receive))]
pub struct ApiDoc;
