//! Serves `/api/users/me/deletion`.

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use http_kit::{ApiResult, Body, Client, CurrentUser, Envelope, Failure, Fields, Lang, Reply, UriLanguage};
use kernel::{ParseError, id::ChallengeId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::DeletionService;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletionCodeResponse {
    challenge_id: ChallengeId,
    expires_in_seconds: i64,
    resend_after_seconds: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConfirmDeletionRequest {
    challenge_id: ChallengeId,
    #[schema(example = "123456", pattern = "^[0-9]{6}$")]
    code: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletionResponse {
    /// When the person will be forgotten, unless she signs in before.
    deletion_at: DateTime<Utc>,
}

/// Ask to be deleted: a code goes to the account's phone.
#[utoipa::path(
    post, path = "/api/users/me/deletion", tag = "user", operation_id = "askForDeletion",
    params(UriLanguage),
    responses((status = 202, body = Envelope<DeletionCodeResponse>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn ask_for_deletion(
    customer: CurrentUser,
    deletions: Data<DeletionService>,
    Lang(language): Lang,
    client: Client,
) -> ApiResult<DeletionCodeResponse> {
    let sent = deletions.ask_to_delete(customer.0.user, language, client.network).await?;
    Ok(Reply::accepted(DeletionCodeResponse {
        challenge_id: sent.challenge,
        expires_in_seconds: sent.expires_in_seconds,
        resend_after_seconds: sent.resend_after_seconds,
    }))
}

/// Confirm it with the code. Every device is signed out; signing in within twenty days calls it off.
///
/// Then name, e-mail, phone, photo, addresses, preferences and cart are gone. Orders and invoices stay, as the law
/// demands; consents stay without a name.
#[utoipa::path(
    post, path = "/api/users/me/deletion/confirm", tag = "user", operation_id = "confirmDeletion",
    request_body = ConfirmDeletionRequest,
    responses((status = 202, body = Envelope<DeletionResponse>), (status = "4XX", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn confirm_deletion(
    customer: CurrentUser,
    deletions: Data<DeletionService>,
    body: Body<ConfirmDeletionRequest>,
) -> ApiResult<DeletionResponse> {
    let ConfirmDeletionRequest { challenge_id, code } = body.value;
    let mut fields = Fields::default();
    let shaped = code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit());
    let code = fields.take("code", if shaped { Ok(code) } else { Err(ParseError("INVALID")) });
    let code = fields.finish(|| code)?;
    let deletion_at = deletions.confirm_deletion(customer.0.user, challenge_id, code).await?;
    Ok(Reply::accepted(DeletionResponse { deletion_at }))
}
