//! The wording of text messages. Pure: no clock, no provider.

#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use contracts::identity::CodeRequested;
use kernel::Params;

/// What the recipient reads, in the event's language; `None` only when no locale has the message.
pub(crate) fn code_text(requested: &CodeRequested) -> Option<String> {
    let params = Params::from_iter([
        ("code".to_owned(), requested.code.clone().into()),
        ("minutes".to_owned(), requested.expires_in_minutes.into()),
    ]);
    i18n::message(requested.language, "otp-sms", &params)
}

/// Whether the code serves no more at `now`. A challenge's id tells when it was made: it is a `UUIDv7`.
pub(crate) fn has_expired(requested: &CodeRequested, now: DateTime<Utc>) -> bool {
    let made = requested.challenge_id.0.get_timestamp().and_then(|at| {
        let (seconds, nanos) = at.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
    });
    let life = TimeDelta::minutes(requested.expires_in_minutes.into());
    made.is_some_and(|made| made + life <= now)
}
