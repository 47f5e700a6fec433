//! What we read of Twilio's answers: no more than we need, for the SDK's own types refuse some that Twilio gives
//! (a status `accepted`, a message without `from`).

use hyper::StatusCode;
use serde::Deserialize;

use crate::{failure::Failure, line::Answer};

/// Not `Debug`: the body holds a code.
#[derive(Deserialize)]
struct Message {
    status: String,
    error_code: Option<u32>,
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Refusal {
    code: Option<u32>,
}

impl Message {
    /// What became of it, as far as it is known.
    fn fate(&self) -> Result<(), Failure> {
        match self.status.as_str() {
            "failed" | "undelivered" | "canceled" => Err(Failure::undelivered(self.error_code)),
            _ => Ok(()),
        }
    }
}

/// Whether the message that we posted was taken.
pub(crate) fn taken(answer: &Answer) -> Result<(), Failure> {
    succeeded(answer)?;
    let message: Message = serde_json::from_slice(&answer.body).map_err(|_| unreadable(answer.status))?;
    message.fate()
}

/// Whether one of the listed messages is this text, and on its way. One that was not delivered for a reason that may
/// be gone by now is none.
pub(crate) fn found(answer: &Answer, text: &str) -> Result<bool, Failure> {
    succeeded(answer)?;
    let page: Page = serde_json::from_slice(&answer.body).map_err(|_| unreadable(answer.status))?;
    // Twilio writes a line of its own in front of what a trial account sends.
    let same = page.messages.iter().filter(|message| message.body.ends_with(text));
    let fates: Vec<_> = same.map(Message::fate).collect();
    if fates.contains(&Ok(())) {
        return Ok(true);
    }
    let refused = fates.into_iter().filter_map(Result::err).find(|fate| matches!(fate, Failure::Refused(_)));
    refused.map_or(Ok(false), Err)
}

fn succeeded(answer: &Answer) -> Result<(), Failure> {
    if answer.status.is_success() {
        return Ok(());
    }
    let code = serde_json::from_slice::<Refusal>(&answer.body).ok().and_then(|refusal| refusal.code);
    Err(Failure::answered(answer.status.as_u16(), code))
}

/// It may even have been about a success.
fn unreadable(status: StatusCode) -> Failure {
    Failure::InDoubt(format!("an answer that cannot be read, status {}", status.as_u16()))
}
