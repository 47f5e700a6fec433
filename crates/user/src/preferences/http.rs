//! Serves `/api/users/me/preferences`.

use actix_web::web::Data;
use http_kit::{ApiResult, Body, CurrentUser, Envelope, Failure, Reply};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Choices, Preferences};
use crate::UserService;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreferencesResponse {
    notifications: NotificationsResponse,
    consents: ConsentsResponse,
}

/// By which ways news of orders come.
#[derive(Debug, Serialize, ToSchema)]
struct NotificationsResponse {
    sms: bool,
    push: bool,
    email: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct ConsentsResponse {
    marketing: bool,
    analytics: bool,
    partners: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreferencesRequest {
    #[serde(default)]
    notifications: NotificationsRequest,
    #[serde(default)]
    consents: ConsentsRequest,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NotificationsRequest {
    sms: Option<bool>,
    push: Option<bool>,
    email: Option<bool>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsentsRequest {
    marketing: Option<bool>,
    analytics: Option<bool>,
    partners: Option<bool>,
}

/// How the user wants to hear of us, and what she agreed to.
#[utoipa::path(
    get, path = "/api/users/me/preferences", tag = "user", operation_id = "getPreferences",
    responses((status = 200, body = Envelope<PreferencesResponse>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn preferences(
    customer: CurrentUser,
    users: Data<UserService>,
) -> ApiResult<PreferencesResponse> {
    Ok(Reply::ok(users.preferences(customer.0.user).await?.into()))
}

/// Change what is given; the rest stays.
///
/// Every consent that changes is kept with its time and the version of the text that was shown.
#[utoipa::path(
    put, path = "/api/users/me/preferences", tag = "user", operation_id = "updatePreferences",
    request_body = PreferencesRequest,
    responses((status = 200, body = Envelope<PreferencesResponse>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn update_preferences(
    customer: CurrentUser,
    users: Data<UserService>,
    body: Body<PreferencesRequest>,
) -> ApiResult<PreferencesResponse> {
    let chosen = users.choose(customer.0.user, body.value.into()).await?;
    Ok(Reply::ok(chosen.into()))
}

impl From<PreferencesRequest> for Choices {
    fn from(request: PreferencesRequest) -> Self {
        let NotificationsRequest { sms, push, email } = request.notifications;
        let ConsentsRequest { marketing, analytics, partners } = request.consents;
        Self { sms, push, email, marketing, analytics, partners }
    }
}

impl From<Preferences> for PreferencesResponse {
    fn from(Preferences { notifications: ways, consents }: Preferences) -> Self {
        Self {
            notifications: NotificationsResponse { sms: ways.sms, push: ways.push, email: ways.email },
            consents: ConsentsResponse {
                marketing: consents.marketing,
                analytics: consents.analytics,
                partners: consents.partners,
            },
        }
    }
}
