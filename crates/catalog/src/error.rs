//! How a question to the catalogue can fail.

use std::sync::Arc;

use db::{DbError, QueryError};
use kernel::{DomainError, ErrorKind, PortError};

#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    #[error("there is no such product, or it is not sold at present")]
    ProductNotFound,
    #[error("an answer could not be written as JSON")]
    Rendering(#[from] serde_json::Error),
    #[error(transparent)]
    Port(#[from] PortError),
    #[error(transparent)]
    Db(#[from] DbError),
    /// One failure that several requests were waiting for together.
    #[error(transparent)]
    Shared(Arc<Self>),
}

impl From<QueryError> for CatalogError {
    fn from(e: QueryError) -> Self {
        Self::Db(e.into())
    }
}

impl DomainError for CatalogError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::ProductNotFound => ErrorKind::NotFound,
            Self::Rendering(_) => ErrorKind::Internal,
            Self::Port(e) => e.kind(),
            Self::Db(e) => e.kind(),
            Self::Shared(e) => e.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::ProductNotFound => "PRODUCT_NOT_FOUND",
            Self::Shared(e) => e.code(),
            _ if self.kind() == ErrorKind::Unavailable => "UNAVAILABLE",
            _ => "INTERNAL",
        }
    }
}
