//! How a question about the shop's texts can fail.

use std::sync::Arc;

use db::{DbError, QueryError};
use kernel::{DomainError, ErrorKind, FieldError, Params};

#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    #[error("there is no such document")]
    NotFound,
    /// It was made from another version than the newest.
    #[error("it has changed since: it is version {version} now")]
    Outdated { version: i32 },
    #[error("some fields are wrong")]
    Invalid(Vec<FieldError>),
    #[error("an answer could not be written as JSON")]
    Rendering(#[from] serde_json::Error),
    #[error(transparent)]
    Db(#[from] DbError),
    /// One failure that several requests were waiting for together.
    #[error(transparent)]
    Shared(Arc<Self>),
}

impl From<QueryError> for ContentError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

impl DomainError for ContentError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::Outdated { .. } => ErrorKind::Outdated,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Rendering(_) => ErrorKind::Internal,
            Self::Db(e) => e.kind(),
            Self::Shared(e) => e.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Outdated { .. } => "VERSION_OUTDATED",
            Self::Invalid(_) => "VALIDATION_FAILED",
            Self::Shared(e) => e.code(),
            _ if self.kind() == ErrorKind::Unavailable => "UNAVAILABLE",
            _ => "INTERNAL",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Outdated { version } => Params::from_iter([("version".to_owned(), (*version).into())]),
            _ => Params::new(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(wrong) => wrong.clone(),
            _ => Vec::new(),
        }
    }
}
