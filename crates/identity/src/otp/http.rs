//! `/api/auth/send-otp`, `/api/auth/verify-otp`

use actix_web::web::Data;
use http_kit::{
    ApiError, ApiResult, Body, Client, Envelope, Failure, Fields, Lang, Public, Reply, UriLanguage,
};
use kernel::{ParseError, UserType, id::ChallengeId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Guess, is_code, service::Proved};
use crate::{GuestMigration, OtpService, api::SentCode};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SendOtpRequest {
    /// E.164
    #[schema(example = "+48501502503")]
    phone_number: String,
    user_type: UserType,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SendOtpResponse {
    challenge_id: ChallengeId,
    expires_in_seconds: i64,
    resend_after_seconds: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct VerifyOtpRequest {
    challenge_id: ChallengeId,
    /// The number that the code was sent to.
    #[schema(example = "+48501502503")]
    phone_number: String,
    #[schema(example = "123456", pattern = "^[0-9]{6}$")]
    code: String,
    /// Where the number has an account, what the guest had comes along into it; a token that is not good changes
    /// nothing. Who has yet to register asks `POST /api/auth/migrate-guest-data` afterwards.
    guest_token: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub(crate) enum VerifyOtpResponse {
    SignedIn {
        access_token: String,
        refresh_token: String,
        expires_in_seconds: u32,
        /// As `GET /api/users/me` shows it.
        #[schema(value_type = Object)]
        user: serde_json::Value,
    },
    RegistrationRequired {
        /// Bearer of `POST /api/complete-profile`.
        registration_token: String,
        expires_in_seconds: u32,
    },
}

/// Send a one-time code by text message.
///
/// The answer is the same whether the number has an account or not.
#[utoipa::path(
    post, path = "/api/auth/send-otp", tag = "auth", operation_id = "sendOtp",
    params(UriLanguage), request_body = SendOtpRequest,
    responses((status = 202, body = Envelope<SendOtpResponse>), (status = "4XX", body = Failure)),
)]
pub(crate) async fn send_otp(
    _: Public,
    codes: Data<OtpService>,
    Lang(language): Lang,
    client: Client,
    body: Body<SendOtpRequest>,
) -> ApiResult<SendOtpResponse> {
    let mut fields = Fields::default();
    let phone = fields.take("phoneNumber", body.value.phone_number.parse());
    let (phone, user_type) = (fields.finish(|| phone)?, body.value.user_type);
    let sent = codes.send_to_sign_in(&phone, user_type, (language, &client.network)).await?;
    Ok(Reply::accepted(sent.into()))
}

/// Prove to have received the code.
#[utoipa::path(
    post, path = "/api/auth/verify-otp", tag = "auth", operation_id = "verifyOtp",
    request_body = VerifyOtpRequest,
    responses((status = 200, body = Envelope<VerifyOtpResponse>), (status = "4XX", body = Failure)),
)]
pub(crate) async fn verify_otp(
    _: Public,
    codes: Data<OtpService>,
    migration: Data<GuestMigration>,
    client: Client,
    mut body: Body<VerifyOtpRequest>,
) -> ApiResult<VerifyOtpResponse> {
    let token = body.value.guest_token.take();
    let guess = body.value.parse()?;
    let proved = codes.verify(&guess, client.name.as_deref()).await?;
    if let (Some(token), Proved::SignedIn { user, user_type, .. }) = (token, &proved) {
        migration.migrate_if_possible(&token, *user, *user_type).await;
    }
    Ok(Reply::ok(proved.into()))
}

impl VerifyOtpRequest {
    fn parse(self) -> Result<Guess, ApiError> {
        let mut fields = Fields::default();
        let phone = fields.take("phoneNumber", self.phone_number.parse());
        let code = if is_code(&self.code) { Ok(self.code) } else { Err(ParseError("INVALID")) };
        let code = fields.take("code", code);
        fields.finish(|| Some(Guess { challenge: self.challenge_id, phone: phone?, code: code? }))
    }
}

impl From<SentCode> for SendOtpResponse {
    fn from(sent: SentCode) -> Self {
        Self {
            challenge_id: sent.challenge,
            expires_in_seconds: sent.expires_in_seconds,
            resend_after_seconds: sent.resend_after_seconds,
        }
    }
}

impl From<Proved> for VerifyOtpResponse {
    fn from(proved: Proved) -> Self {
        match proved {
            Proved::SignedIn { tokens, profile, .. } => Self::SignedIn {
                access_token: tokens.access_token,
                refresh_token: tokens.refresh_token,
                expires_in_seconds: tokens.expires_in_seconds,
                user: profile,
            },
            Proved::RegistrationRequired { token, expires_in_seconds } => {
                Self::RegistrationRequired { registration_token: token, expires_in_seconds }
            }
        }
    }
}
