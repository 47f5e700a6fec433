//! Twilio's wire format: <https://www.twilio.com/docs/messaging/api/message-resource>.

use serde_json::{Value, json};

use super::TwilioRequest;

/// Nothing that talks to the stand-in looks at dates.
const DATE: &str = "Wed, 22 Jul 2026 10:00:00 +0000";

/// A message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwilioMessage {
    pub sid: String,
    pub to: String,
    /// A number or a name; none where a service chooses one.
    pub from: Option<String>,
    pub service: Option<String>,
    pub body: String,
    /// Why it was not delivered.
    pub error_code: Option<u32>,
}

impl TwilioMessage {
    /// # Errors
    /// The code with which Twilio refuses a message that lacks something.
    pub(super) fn of(request: &TwilioRequest, number: usize) -> Result<Self, u32> {
        let own = |name| request.parameter(name).filter(|value| !value.is_empty()).map(str::to_owned);
        let (from, service) = (own("From"), own("MessagingServiceSid"));
        if from.is_none() && service.is_none() {
            return Err(21603);
        }
        Ok(Self {
            sid: format!("SM{number:032x}"),
            to: own("To").ok_or(21604_u32)?,
            from,
            service,
            body: own("Body").ok_or(21602_u32)?,
            error_code: None,
        })
    }

    pub(super) fn json(&self, account: &str) -> Value {
        let status = match (self.error_code, &self.service) {
            (Some(_), _) => "undelivered",
            (None, Some(_)) => "accepted",
            (None, None) => "queued",
        };
        json!({
            "account_sid": account, "api_version": "2010-04-01", "body": self.body, "date_created": DATE,
            "date_sent": null, "date_updated": DATE, "direction": "outbound-api", "error_code": self.error_code,
            "error_message": null, "from": self.from, "messaging_service_sid": self.service, "num_media": "0",
            "num_segments": "1", "price": null, "price_unit": null, "sid": self.sid, "status": status,
            "subresource_uris": {}, "to": self.to,
            "uri": format!("/2010-04-01/Accounts/{account}/Messages/{}.json", self.sid),
        })
    }
}

pub(super) fn page(messages: &[Value], size: usize) -> Value {
    json!({
        "messages": messages, "page": 0, "page_size": size, "start": 0, "end": messages.len(),
        "uri": "", "first_page_uri": "", "next_page_uri": null, "previous_page_uri": null,
    })
}

/// Twilio's texts name numbers and accounts, so this one does too: nobody may pass it on.
pub(super) fn error(status: u16, code: u32) -> Value {
    json!({
        "code": code, "status": status, "message": "The number +48501502503 is the matter",
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
    })
}
