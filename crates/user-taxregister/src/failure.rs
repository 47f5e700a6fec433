//! How the register can fail to answer.

use std::time::Duration;

use kernel::{DomainError, ErrorKind};

#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("the register's address cannot be used")]
    Address(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the register could not be reached")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the register did not answer within {0:?}")]
    Timeout(Duration),
    /// Its own code, `WL-191`, where it gives one.
    #[error("the register answered {status}{}", .code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused { status: u16, code: Option<String> },
    #[error("the register's answer was broken off or longer than {0} bytes")]
    Length(usize),
    #[error("the register's answer cannot be read")]
    Unreadable(#[source] serde_json::Error),
    #[error("the register's answer lacks {0}, or has it in an unknown form")]
    Incomplete(&'static str),
    #[error("the register answered of another number")]
    AnotherNumber,
}

impl DomainError for RegisterError {
    /// Whatever it was, asking again later may help, and nothing else does.
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Address(_) => ErrorKind::Internal,
            _ => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        "UNAVAILABLE"
    }
}
