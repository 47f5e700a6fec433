//! Serves `/api/users/me/export`.

use actix_web::{Responder, http::header::CONTENT_DISPOSITION, web::Data};
use chrono::{DateTime, Utc};
use http_kit::{ApiError, CurrentUser, Envelope, Failure, Reply};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Export;
use crate::{
    ExportService,
    address::http::AddressResponse,
    preferences::{Consent, http::PreferencesResponse},
    profile::http::UserResponse,
};

/// One section for each kind of data; those of other domains by their own names.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportResponse {
    profile: UserResponse,
    preferences: PreferencesResponse,
    addresses: Vec<AddressResponse>,
    /// Every change, oldest first.
    consents: Vec<ConsentResponse>,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    others: Map<String, Value>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConsentResponse {
    kind: String,
    granted: bool,
    text_version: String,
    at: DateTime<Utc>,
}

/// Everything held about the person, as a file.
#[utoipa::path(
    get, path = "/api/users/me/export", tag = "user", operation_id = "exportMe",
    responses(
        (status = 200, body = Envelope<ExportResponse>, headers(("content-disposition" = String))),
        (status = "4XX", body = Failure),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn export(
    customer: CurrentUser,
    exports: Data<ExportService>,
) -> Result<impl Responder, ApiError> {
    let held = exports.export(customer.0.user).await?;
    let file = (CONTENT_DISPOSITION, "attachment; filename=\"metropolitan-my-data.json\"");
    Ok(Reply::ok(ExportResponse::from(held)).customize().insert_header(file))
}

impl From<Export> for ExportResponse {
    fn from(held: Export) -> Self {
        Self {
            profile: UserResponse::from(&held.profile),
            preferences: held.preferences.into(),
            addresses: held.addresses.into_iter().map(AddressResponse::from).collect(),
            consents: held.consents.into_iter().map(ConsentResponse::from).collect(),
            others: held.others,
        }
    }
}

impl From<Consent> for ConsentResponse {
    fn from(said: Consent) -> Self {
        Self { kind: said.kind, granted: said.granted, text_version: said.text_version, at: said.at }
    }
}
