//! `GET /api/payment/config`

use actix_web::web::Data;
use http_kit::{ApiResult, Envelope, Failure, Public, Reply};
use kernel::Currency;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ClientConfig, METHODS};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfigResponse {
    /// For the provider's library on the customer's device.
    publishable_key: String,
    /// Ways to pay on the device: `card`, `blik`, `p24`.
    methods: Vec<&'static str>,
    currency: Currency,
}

/// What a client needs to take a payment.
#[utoipa::path(
    get, path = "/api/payment/config", tag = "payments", operation_id = "getPaymentConfig",
    responses((status = 200, body = Envelope<ConfigResponse>), (status = "4XX", body = Failure)),
)]
pub(crate) async fn get_config(_: Public, config: Data<ClientConfig>) -> ApiResult<ConfigResponse> {
    Ok(Reply::ok(ConfigResponse {
        publishable_key: config.publishable_key.clone(),
        methods: METHODS.iter().map(|m| m.as_str()).collect(),
        currency: Currency::Pln,
    }))
}
