//! `/api/auth/refresh`, `/api/auth/logout`, `/api/auth/sessions`

use actix_web::{HttpResponse, web::Data};
use chrono::{DateTime, Utc};
use http_kit::{ApiError, ApiResult, Body, CurrentUser, Envelope, Failure, Id, Public, Reply};
use kernel::id::SessionId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{EndReason, Session};
use crate::{SessionService, api::TokenPair, tokens::Audience};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefreshRequest {
    pub(crate) refresh_token: String,
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
    let pair = sessions.refresh(&body.value.refresh_token, Audience::Customers).await?;
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
    sessions.end((customer.0.user.0, customer.0.session), EndReason::Logout).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// End every session, on all devices.
#[utoipa::path(
    post, path = "/api/auth/logout-all", tag = "auth", operation_id = "logoutAll",
    responses((status = 204, description = "All sessions have ended."), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn logout_all(
    customer: CurrentUser,
    sessions: Data<SessionService>,
) -> Result<HttpResponse, ApiError> {
    sessions.end_every(customer.0.user.0, EndReason::LogoutAll).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Where one is signed in, the latest used first.
#[utoipa::path(
    get, path = "/api/auth/sessions", tag = "auth", operation_id = "listSessions",
    responses((status = 200, body = Envelope<Vec<SessionResponse>>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn list_sessions(
    customer: CurrentUser,
    sessions: Data<SessionService>,
) -> ApiResult<Vec<SessionResponse>> {
    let all = sessions.list(customer.0.user).await?;
    Ok(Reply::ok(all.into_iter().map(|session| SessionResponse::of(session, customer.0.session)).collect()))
}

/// Sign a device out.
#[utoipa::path(
    delete, path = "/api/auth/sessions/{id}", tag = "auth", operation_id = "endSession",
    params(("id" = SessionId, Path, description = "The session's id.")),
    responses((status = 204, description = "The session has ended."), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn end_session(
    customer: CurrentUser,
    sessions: Data<SessionService>,
    id: Id<SessionId>,
) -> Result<HttpResponse, ApiError> {
    let ended = sessions.end((customer.0.user.0, id.0), EndReason::Ended).await?;
    if ended { Ok(HttpResponse::NoContent().finish()) } else { Err(ApiError::not_found()) }
}

/// One device that is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionResponse {
    id: SessionId,
    /// What the device called itself (`User-Agent`).
    device: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
    created_at: DateTime<Utc>,
    /// When its tokens were last renewed.
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl SessionResponse {
    fn of(session: Session, asking: SessionId) -> Self {
        Self {
            id: session.id,
            device: session.device,
            current: session.id == asking,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
        }
    }
}

/// What the export of somebody's data says of sessions.
pub(super) fn exported(sessions: Vec<Session>) -> Value {
    let told = |session: Session| {
        json!({
            "id": session.id, "device": session.device, "createdAt": session.created_at,
            "lastUsedAt": session.last_used_at, "expiresAt": session.expires_at, "endedAt": session.ended_at,
        })
    };
    sessions.into_iter().map(told).collect()
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
