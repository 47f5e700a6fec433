//! Serves `/dev/sms`.

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use http_kit::{ApiResult, Envelope, Failure, Fields, Public, Query, Reply};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Mailbox, Message};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MailboxQuery {
    /// E.164; a `+` that was not escaped is understood.
    #[param(example = "+48501502503")]
    to: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageResponse {
    text: String,
    at: DateTime<Utc>,
}

/// The texts "sent" to a number, newest first. Development only.
#[utoipa::path(
    get, path = "/dev/sms", tag = "development", operation_id = "devSms",
    params(MailboxQuery),
    responses((status = 200, body = Envelope<Vec<MessageResponse>>), (status = "4XX", body = Failure)),
)]
pub(crate) async fn list_sms(
    _: Public,
    mailbox: Data<Mailbox>,
    query: Query<MailboxQuery>,
) -> ApiResult<Vec<MessageResponse>> {
    // In a query string `+` is a space.
    let to = query.0.to.replacen(' ', "+", 1);
    let mut fields = Fields::default();
    let to = fields.take("to", to.parse());
    let to = fields.finish(|| to)?;
    let messages = mailbox.list(&to).await?;
    Ok(Reply::ok(messages.into_iter().map(MessageResponse::from).collect()))
}

impl From<Message> for MessageResponse {
    fn from(message: Message) -> Self {
        Self { text: message.text, at: message.at }
    }
}
