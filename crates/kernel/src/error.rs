//! What every domain error can say about itself, so that one place maps it to HTTP.

use std::time::Duration;

/// Named values of an error: arguments of its message and `error.params` of the answer.
pub type Params = serde_json::Map<String, serde_json::Value>;

/// The class of a failure. Transport-neutral; `http-kit` turns it into a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request cannot be read at all.
    Malformed,
    /// It can be read, but a value breaks a rule.
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    /// What was asked for did exist and has ended.
    Gone,
    /// It clashes with the state things are in.
    Conflict,
    /// It was made from a version that is not the newest.
    Outdated,
    TooLarge,
    UnsupportedType,
    RateLimited,
    /// Something we depend on is away; asking again later helps.
    Unavailable,
    NotImplemented,
    /// Our own fault. Never explained to the caller.
    Internal,
}

/// One bad field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Path in the request's JSON: `items[0].quantity`.
    pub field: String,
    /// Machine code, also the id of its message after `FIELD_`.
    pub code: &'static str,
    pub params: Params,
}

/// An error that a caller may be told about.
pub trait DomainError: std::error::Error + Send + Sync + 'static {
    fn kind(&self) -> ErrorKind;

    /// Stable machine code in `SCREAMING_SNAKE_CASE`; also the id of the message in every locale.
    fn code(&self) -> &'static str;

    /// What the client may show or act upon; its top-level values are arguments of the message.
    fn params(&self) -> Params {
        Params::new()
    }

    /// The fields that are wrong, where the error is about fields.
    fn fields(&self) -> Vec<FieldError> {
        Vec::new()
    }

    /// When asking again makes sense (`Retry-After`).
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// Another domain, reached through a port, could not answer.
#[derive(Debug, thiserror::Error)]
#[error("{port} could not answer")]
pub struct PortError {
    port: &'static str,
    kind: ErrorKind,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl PortError {
    /// `port` is the role as the asking domain names it.
    pub fn new<E: DomainError>(port: &'static str, source: E) -> Self {
        let kind = source.kind();
        Self { port, kind, source: Box::new(source) }
    }

    /// Unavailable when the other side was, otherwise our own fault: what was asked is the asker's doing.
    pub fn kind(&self) -> ErrorKind {
        match self.kind {
            ErrorKind::Unavailable => ErrorKind::Unavailable,
            _ => ErrorKind::Internal,
        }
    }
}
