//! What a call without success says about the text: not taken, refused, or nobody knows.

use notification::ports::SmsError;

/// Codes that say: not to this number, however often we ask. Whatever else is refused is our own doing, or that of
/// our account, and a person has to see it: Twilio makes up new codes, and those too are better seen than dropped.
/// <https://www.twilio.com/docs/api/errors>
const NOT_TO_THIS_NUMBER: [u32; 13] = [
    21_211, // not a valid number
    21_214, // cannot be reached
    21_217, // does not look valid
    21_265, // a short code
    21_266, // our own number
    21_610, // has unsubscribed
    21_614, // not a mobile number
    21_635, // a landline
    30_003, // the handset cannot be reached
    30_004, // the handset, or its owner, blocks us
    30_005, // nobody's handset
    30_006, // a landline, or a carrier that cannot be reached
    30_007, // the carrier filtered it; the same text would be filtered again
];

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It is certain that no text was taken; it may be tried again at once.
    NotTaken(String),
    /// The text may be on its way.
    InDoubt(String),
    /// Twilio's code for why this number gets no text.
    Refused(u32),
    /// Twilio's code, or the status where there is none, for why our account sends none.
    Misconfigured(String),
}

impl Failure {
    /// An answer of Twilio's that is none of success.
    pub(crate) fn answered(status: u16, code: Option<u32>) -> Self {
        let said = code.map_or_else(|| format!("status {status}"), |code| code.to_string());
        match (status, code) {
            // "Requests that receive 429 responses aren't processed": docs/api/errors/20429.
            // "The requested service is temporarily unavailable. Try again": docs/api/errors/20503.
            (429, _) | (503, Some(20_503)) => Self::NotTaken(said),
            // "Sending an SMS [is] not idempotent. If you get a 500 … and you retry the request, it is possible for a
            // customer to receive multiple messages": docs/api/errors/20500. A gateway on the way knows even less.
            (408 | 500.., _) => Self::InDoubt(said),
            (_, Some(code)) if NOT_TO_THIS_NUMBER.contains(&code) => Self::Refused(code),
            // The queue of our number is full.
            (_, Some(21_611)) => Self::NotTaken(said),
            _ => Self::Misconfigured(said),
        }
    }

    /// A message of ours that Twilio took and did not deliver.
    pub(crate) fn undelivered(code: Option<u32>) -> Self {
        match code {
            Some(code) if NOT_TO_THIS_NUMBER.contains(&code) => Self::Refused(code),
            Some(code) => Self::NotTaken(code.to_string()),
            None => Self::NotTaken("not delivered".to_owned()),
        }
    }
}

impl From<Failure> for SmsError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotTaken(reason) => Self::Unavailable(format!("nothing was taken, {reason}")),
            Failure::InDoubt(reason) => Self::Unavailable(format!("perhaps it was taken, {reason}")),
            Failure::Refused(code) => Self::Refused { code: code.to_string() },
            Failure::Misconfigured(code) => Self::Misconfigured { code },
        }
    }
}
