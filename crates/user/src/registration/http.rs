//! Serves `/api/complete-profile`.

use actix_web::web::Data;
use http_kit::{
    ApiError, ApiResult, Body, Client, Envelope, Failure, Fields, Lang, Registering, Registrant, Reply,
    UriLanguage,
};
use kernel::{Language, ParseError, UserType};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Kind, Registration};
use crate::{
    UserService,
    profile::{
        MAX_NAME_CHARS,
        http::{UserResponse, parse_email, parse_language},
    },
};

/// Everything is optional to the parser, so that a form hears of all its gaps at once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CompleteProfileRequest {
    #[schema(required, nullable = false, max_length = 60)]
    first_name: Option<String>,
    #[schema(required, nullable = false, max_length = 60)]
    last_name: Option<String>,
    #[schema(required, nullable = false, format = Email)]
    email: Option<String>,
    /// The company's tax number; required of a corporate account, unknown to an individual one.
    nip: Option<String>,
    /// Must be true.
    #[schema(required, nullable = false)]
    terms_accepted: Option<bool>,
    /// Must be true.
    #[schema(required, nullable = false)]
    privacy_accepted: Option<bool>,
    marketing_consent: Option<bool>,
    /// The language of this request when absent.
    #[schema(value_type = Option<Language>)]
    language: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegisteredResponse {
    access_token: String,
    refresh_token: String,
    expires_in_seconds: u32,
    user: UserResponse,
}

/// Register, with the registration token of `verify-otp` as bearer.
///
/// A corporate account takes the company's `nip`, which the tax register must know as an active VAT payer: 404 when it
/// does not know it, 409 `VAT_NOT_ACTIVE`, 503 when it does not answer. A refused form may be sent again with the same
/// token. The company's address becomes the first of the address book.
#[utoipa::path(
    post, path = "/api/complete-profile", tag = "user", operation_id = "completeProfile",
    params(UriLanguage), request_body = CompleteProfileRequest,
    responses(
        (status = 201, body = Envelope<RegisteredResponse>),
        (status = "4XX", body = Failure),
        (status = 503, body = Failure, description = "The tax register does not answer: nothing has happened."),
    ),
    security(("registration" = [])),
)]
pub(crate) async fn complete_profile(
    registrant: Registering,
    users: Data<UserService>,
    Lang(language): Lang,
    client: Client,
    body: Body<CompleteProfileRequest>,
) -> ApiResult<RegisteredResponse> {
    let form = body.value.parse(registrant.0, language)?;
    let (user, tokens) = users.register(form, client.name.as_deref()).await?;
    Ok(Reply::created(RegisteredResponse {
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        expires_in_seconds: tokens.expires_in_seconds,
        user: UserResponse::from(&user),
    }))
}

impl CompleteProfileRequest {
    fn parse(self, registrant: Registrant, spoken: Language) -> Result<Registration, ApiError> {
        let Registrant { user, phone, user_type } = registrant;
        let mut fields = Fields::default();
        let first_name = fields.text("firstName", &self.first_name.unwrap_or_default(), MAX_NAME_CHARS);
        let last_name = fields.text("lastName", &self.last_name.unwrap_or_default(), MAX_NAME_CHARS);
        let email = fields.take("email", parse_email(&self.email.unwrap_or_default()));
        let kind = fields.take("nip", parse_kind(self.nip.as_deref(), user_type));
        fields.take("termsAccepted", accepted(self.terms_accepted));
        fields.take("privacyAccepted", accepted(self.privacy_accepted));
        let language = match self.language.as_deref() {
            Some(tag) => fields.take("language", parse_language(tag)),
            None => Some(spoken),
        };
        fields.finish(|| {
            Some(Registration {
                user,
                phone,
                kind: kind?,
                first_name: first_name?,
                last_name: last_name?,
                email: email?,
                language: language?,
                marketing: self.marketing_consent,
            })
        })
    }
}

fn accepted(given: Option<bool>) -> Result<(), ParseError> {
    match given {
        Some(true) => Ok(()),
        Some(false) => Err(ParseError("MUST_ACCEPT")),
        None => Err(ParseError("REQUIRED")),
    }
}

/// A company has a tax number; a person's account knows none, and dropping it silently would hide the mistake.
fn parse_kind(nip: Option<&str>, user_type: UserType) -> Result<Kind, ParseError> {
    match (nip.map(str::trim), user_type) {
        (None | Some(""), UserType::Corporate) => Err(ParseError("REQUIRED")),
        (Some(text), UserType::Corporate) => text.parse().map(Kind::Corporate),
        (None, UserType::Individual) => Ok(Kind::Individual),
        (Some(_), UserType::Individual) => Err(ParseError("UNKNOWN")),
    }
}
