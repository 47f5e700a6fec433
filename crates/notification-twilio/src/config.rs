//! What a sender is built from: values that are right once they exist.

use std::str::FromStr;

use hyper::Uri;
use kernel::Phone;

/// The text has not the shape that it must have. It is not repeated: it may be a secret put in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {0}")]
pub struct Malformed(&'static str);

impl Malformed {
    /// The shape, as in "an account SID: AC and 32 hexadecimal digits".
    pub const fn wanted(self) -> &'static str {
        self.0
    }
}

/// Twilio's name for our account: `AC` and 32 hexadecimal digits. Part of every address that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSid(String);

impl AccountSid {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountSid {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wanted = Malformed("an account SID: AC and 32 hexadecimal digits");
        if is_sid("AC", text) { Ok(Self(text.to_owned())) } else { Err(wanted) }
    }
}

/// The secret of the account.
#[derive(Clone)]
pub struct AuthToken(String);

impl AuthToken {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl FromStr for AuthToken {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let plain = !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_graphic());
        if plain { Ok(Self(text.to_owned())) } else { Err(Malformed("the auth token of the account")) }
    }
}

/// Who a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// One of our numbers, in E.164.
    Number(String),
    /// An alphanumeric sender id: what the recipient sees instead of a number, and cannot answer.
    Name(String),
    /// A messaging service: Twilio chooses among its senders.
    Service(String),
}

impl Origin {
    /// The parameter of Twilio's form, and its value.
    pub(crate) fn parameter(&self) -> (&'static str, &str) {
        match self {
            Self::Number(sender) | Self::Name(sender) => ("From", sender),
            Self::Service(sid) => ("MessagingServiceSid", sid),
        }
    }
}

impl FromStr for Origin {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text.parse::<Phone>().is_ok() {
            Ok(Self::Number(text.to_owned()))
        } else if is_sid("MG", text) {
            Ok(Self::Service(text.to_owned()))
        } else if is_name(text) {
            Ok(Self::Name(text.to_owned()))
        } else {
            Err(Malformed(
                "a number in E.164, a sender id of up to 11 letters, digits and spaces with a letter among them, or a \
                 messaging service: MG and 32 hexadecimal digits",
            ))
        }
    }
}

/// <https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id>
fn is_name(text: &str) -> bool {
    let allowed = |letter: u8| letter.is_ascii_alphanumeric() || b" +-_&".contains(&letter);
    (1..=11).contains(&text.len())
        && text.bytes().all(allowed)
        && text.bytes().any(|letter| letter.is_ascii_alphabetic())
}

fn is_sid(kind: &str, text: &str) -> bool {
    let digits = text.strip_prefix(kind).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Where Twilio, or a stand-in, is: `http(s)://host[:port]` without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Uri);

impl BaseUrl {
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    pub(crate) const fn uri(&self) -> &Uri {
        &self.0
    }
}

impl FromStr for BaseUrl {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wanted = Malformed("http(s)://host[:port] without a path");
        let uri: Uri = text.parse().map_err(|_| wanted)?;
        let alone = uri.path_and_query().is_none_or(|path| path.as_str() == "/");
        let plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        if alone && plain && known { Ok(Self(uri)) } else { Err(wanted) }
    }
}
