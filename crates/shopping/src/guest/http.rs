//! Serves `/api/guest/session`.

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use http_kit::{ApiResult, Envelope, Failure, Public, Reply};
use serde::Serialize;
use utoipa::ToSchema;

use crate::GuestService;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GuestSession)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionResponse {
    /// Sent as `X-Guest-Token`. Whoever has it has the cart.
    guest_token: String,
    /// Seven days after the last visit.
    expires_at: DateTime<Utc>,
}

/// Begin to shop without an account.
#[utoipa::path(
    post, path = "/api/guest/session", tag = "shopping", operation_id = "beginGuestSession",
    responses(
        (status = 201, body = Envelope<SessionResponse>),
        (status = "4XX", body = Failure),
        (status = 503, body = Failure),
    ),
)]
pub(crate) async fn begin(_: Public, guests: Data<GuestService>) -> ApiResult<SessionResponse> {
    let (token, expires_at) = guests.begin().await?;
    Ok(Reply::created(SessionResponse { guest_token: token.reveal().to_owned(), expires_at }))
}
