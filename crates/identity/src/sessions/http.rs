//! `/api/auth/refresh`, `/api/auth/logout`

use actix_web::{HttpResponse, web::Data};
use http_kit::{ApiError, ApiResult, Body, CurrentUser, Envelope, Failure, Public, Reply};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{SessionService, api::TokenPair};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefreshRequest {
    refresh_token: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokensResponse {
    access_token: String,
    /// Replaces the one that was sent, which must not be used again.
    refresh_token: String,
    /// The access token's life.
    expires_in_seconds: u32,
}

/// Trade a refresh token for a new pair.
#[utoipa::path(
    post, path = "/api/auth/refresh", tag = "auth", operation_id = "refresh",
    request_body = RefreshRequest,
    responses((status = 200, body = Envelope<TokensResponse>), (status = "4XX", body = Failure)),
)]
pub(crate) async fn refresh(
    _: Public,
    sessions: Data<SessionService>,
    body: Body<RefreshRequest>,
) -> ApiResult<TokensResponse> {
    let pair = sessions.refresh(&body.value.refresh_token).await?;
    Ok(Reply::ok(pair.into()))
}

/// End the session of this device.
#[utoipa::path(
    post, path = "/api/auth/logout", tag = "auth", operation_id = "logout",
    responses((status = 204, description = "The session has ended."), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn logout(
    customer: CurrentUser,
    sessions: Data<SessionService>,
) -> Result<HttpResponse, ApiError> {
    sessions.end(customer.0.session).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<TokenPair> for TokensResponse {
    fn from(pair: TokenPair) -> Self {
        Self {
            access_token: pair.access_token,
            refresh_token: pair.refresh_token,
            expires_in_seconds: pair.expires_in_seconds,
        }
    }
}
