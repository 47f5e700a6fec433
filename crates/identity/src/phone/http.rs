//! Serves `/api/auth/change-phone`.

use actix_web::web::Data;
use http_kit::{
    ApiError, ApiResult, Body, Client, CurrentUser, Envelope, Failure, Fields, Lang, Reply, UriLanguage,
};
use kernel::{ParseError, id::ChallengeId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answers, SentCodes};
use crate::{OtpService, otp::is_code, sessions::http::TokensResponse};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangePhoneRequest {
    /// E.164
    #[schema(example = "+48501502504")]
    new_phone_number: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangePhoneResponse {
    /// Of the code to the number that the account has.
    old_challenge_id: ChallengeId,
    /// Of the code to the new number.
    new_challenge_id: ChallengeId,
    expires_in_seconds: i64,
    resend_after_seconds: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConfirmPhoneRequest {
    old_challenge_id: ChallengeId,
    #[schema(example = "123456", pattern = "^[0-9]{6}$")]
    old_code: String,
    new_challenge_id: ChallengeId,
    #[schema(example = "123456", pattern = "^[0-9]{6}$")]
    new_code: String,
}

/// Ask for another number: a code goes to the old one and a code to the new one.
#[utoipa::path(
    post, path = "/api/auth/change-phone", tag = "auth", operation_id = "changePhone",
    params(UriLanguage), request_body = ChangePhoneRequest,
    responses((status = 202, body = Envelope<ChangePhoneResponse>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn change_phone(
    customer: CurrentUser,
    codes: Data<OtpService>,
    Lang(language): Lang,
    client: Client,
    body: Body<ChangePhoneRequest>,
) -> ApiResult<ChangePhoneResponse> {
    let mut fields = Fields::default();
    let phone = fields.take("newPhoneNumber", body.value.new_phone_number.parse());
    let phone = fields.finish(|| phone)?;
    let who = (customer.0.user, customer.0.user_type);
    let sent = codes.ask_to_change_phone(who, &phone, (language, &client.network)).await?;
    Ok(Reply::accepted(sent.into()))
}

/// Bring both codes. Every other device is signed out.
#[utoipa::path(
    post, path = "/api/auth/change-phone/confirm", tag = "auth", operation_id = "confirmPhone",
    request_body = ConfirmPhoneRequest,
    responses(
        (status = 200, body = Envelope<TokensResponse>),
        (status = 409, body = Failure, description = "`PHONE_TAKEN`: somebody has an account with that number."),
        (status = "4XX", body = Failure),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn confirm_phone(
    customer: CurrentUser,
    codes: Data<OtpService>,
    client: Client,
    body: Body<ConfirmPhoneRequest>,
) -> ApiResult<TokensResponse> {
    let answers = body.value.parse()?;
    let who = (customer.0.user, customer.0.user_type);
    let pair = codes.change_phone(who, answers, client.name.as_deref()).await?;
    Ok(Reply::ok(pair.into()))
}

impl ConfirmPhoneRequest {
    fn parse(self) -> Result<Answers, ApiError> {
        let mut fields = Fields::default();
        let mut code = |field, text: String| {
            fields.take(field, if is_code(&text) { Ok(text) } else { Err(ParseError("INVALID")) })
        };
        let (old, new) = (code("oldCode", self.old_code), code("newCode", self.new_code));
        fields.finish(|| {
            Some(Answers { old: (self.old_challenge_id, old?), new: (self.new_challenge_id, new?) })
        })
    }
}

impl From<SentCodes> for ChangePhoneResponse {
    fn from(sent: SentCodes) -> Self {
        Self {
            old_challenge_id: sent.old.challenge,
            new_challenge_id: sent.new.challenge,
            expires_in_seconds: sent.old.expires_in_seconds,
            resend_after_seconds: sent.old.resend_after_seconds.max(sent.new.resend_after_seconds),
        }
    }
}
