//! Serves `/api/users/me/payment-methods`.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use http_kit::{ApiError, ApiResult, CurrentUser, Envelope, Failure, Reply};
use serde::Serialize;
use utoipa::ToSchema;

use super::CardService;
use crate::ports::{CardSetup, SavedCard};

/// A saved card, as its owner recognises it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CardResponse {
    /// What the provider's library takes to pay with it: `pm_…`
    id: String,
    /// `visa`
    brand: String,
    last4: String,
    #[schema(minimum = 1, maximum = 12)]
    expiry_month: u8,
    expiry_year: u16,
}

/// With this the provider's library on the device asks for a card and saves it: nothing of it comes here.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetupResponse {
    /// `seti_…`
    setup_intent_id: String,
    client_secret: String,
}

/// The customer's saved cards.
#[utoipa::path(
    get, path = "/api/users/me/payment-methods", tag = "payments", operation_id = "listPaymentMethods",
    responses((status = 200, body = Envelope<Vec<CardResponse>>), (status = "default", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn list(user: CurrentUser, cards: Data<CardService>) -> ApiResult<Vec<CardResponse>> {
    let cards = cards.list(user.0.user).await?;
    Ok(Reply::ok(cards.into_iter().map(CardResponse::from).collect()))
}

/// Begin to save a card. The provider's library on the device finishes it with the client secret.
#[utoipa::path(
    post, path = "/api/users/me/payment-methods", tag = "payments", operation_id = "setUpPaymentMethod",
    responses((status = 201, body = Envelope<SetupResponse>), (status = "default", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn set_up(user: CurrentUser, cards: Data<CardService>) -> ApiResult<SetupResponse> {
    let CardSetup { id, client_secret } = cards.set_up(user.0.user).await?;
    Ok(Reply::created(SetupResponse { setup_intent_id: id, client_secret }))
}

/// Take a saved card away.
#[utoipa::path(
    delete, path = "/api/users/me/payment-methods/{id}", tag = "payments", operation_id = "deletePaymentMethod",
    params(("id" = String, Path, description = "`pm_…`")),
    responses(
        (status = 204),
        (status = 404, body = Failure, description = "`PAYMENT_METHOD_NOT_FOUND`"),
        (status = "default", body = Failure),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn remove(
    user: CurrentUser,
    cards: Data<CardService>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    cards.remove(user.0.user, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<SavedCard> for CardResponse {
    fn from(card: SavedCard) -> Self {
        let SavedCard { id, brand, last4, expires_month, expires_year } = card;
        Self { id, brand, last4, expiry_month: expires_month, expiry_year: expires_year }
    }
}
