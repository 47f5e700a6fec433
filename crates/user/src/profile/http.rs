//! Serves `/api/users/me`.

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use http_kit::{ApiError, ApiResult, Body, CurrentUser, Envelope, Failure, Fields, Reply};
use kernel::{Email, Language, ParseError, UserType, id::UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Changes, MAX_NAME_CHARS, User};
use crate::{UserService, company::http::CompanyResponse, photo::http::PhotoUrls};

/// The user, as everything that shows one shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserResponse {
    id: UserId,
    user_type: UserType,
    phone_number: String,
    first_name: String,
    last_name: String,
    email: String,
    language: Language,
    photo: Option<PhotoUrls>,
    /// The company of a corporate account; null of an individual one.
    company: Option<CompanyResponse>,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateUserRequest {
    #[schema(max_length = 60)]
    first_name: Option<String>,
    #[schema(max_length = 60)]
    last_name: Option<String>,
    #[schema(format = Email)]
    email: Option<String>,
    #[schema(value_type = Option<Language>)]
    language: Option<String>,
}

/// The signed-in user.
#[utoipa::path(
    get, path = "/api/users/me", tag = "user", operation_id = "getMe",
    responses((status = 200, body = Envelope<UserResponse>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn me(customer: CurrentUser, users: Data<UserService>) -> ApiResult<UserResponse> {
    let user = users.profile(customer.0.user).await?;
    Ok(Reply::ok(UserResponse::from(&user)))
}

/// Change what is given; the rest stays.
#[utoipa::path(
    put, path = "/api/users/me", tag = "user", operation_id = "updateMe",
    request_body = UpdateUserRequest,
    responses((status = 200, body = Envelope<UserResponse>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn update_me(
    customer: CurrentUser,
    users: Data<UserService>,
    body: Body<UpdateUserRequest>,
) -> ApiResult<UserResponse> {
    let changes = body.value.parse()?;
    let user = users.change_profile(customer.0.user, &changes).await?;
    Ok(Reply::ok(UserResponse::from(&user)))
}

impl UpdateUserRequest {
    fn parse(&self) -> Result<Changes, ApiError> {
        let mut fields = Fields::default();
        let mut name = |field, text: &Option<String>| {
            text.as_deref().and_then(|text| fields.text(field, text, MAX_NAME_CHARS))
        };
        let first_name = name("firstName", &self.first_name);
        let last_name = name("lastName", &self.last_name);
        let email = self.email.as_deref().and_then(|text| fields.take("email", parse_email(text)));
        let language = self.language.as_deref().and_then(|tag| fields.take("language", parse_language(tag)));
        fields.finish(|| Some(Changes { first_name, last_name, email, language }))
    }
}

pub(crate) fn parse_email(text: &str) -> Result<Email, ParseError> {
    if text.trim().is_empty() { Err(ParseError("REQUIRED")) } else { text.parse() }
}

pub(crate) fn parse_language(tag: &str) -> Result<Language, ParseError> {
    tag.parse().map_err(|_| ParseError("LANGUAGE"))
}

/// [`UserResponse`] in JSON, for those who pass it on.
pub(crate) fn shown(user: &User) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::to_value(UserResponse::from(user))
}

impl From<&User> for UserResponse {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            user_type: user.kind,
            phone_number: user.phone.as_str().to_owned(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            email: user.email.as_str().to_owned(),
            language: user.language,
            photo: user.photo.as_ref().map(PhotoUrls::from),
            company: user.company.as_ref().map(CompanyResponse::from),
            created_at: user.created_at,
        }
    }
}
