//! Whether the books add up, asked of each domain that keeps some.

pub(crate) mod http;

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{DomainError, ErrorKind, PortError};

/// Something that must always hold, and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What must hold: `reserved is what held reservations hold`.
    pub rule: String,
    /// Of what it does not: `product 0198…`.
    pub subject: String,
    /// What is there.
    pub stands: String,
    /// What should be.
    pub expected: String,
}

/// A domain that can check its own books.
#[async_trait]
pub trait Books: Send + Sync {
    /// What does not add up now; looks at everything.
    async fn violations(&self) -> Result<Vec<Violation>, PortError>;
}

/// All of the shop's books.
#[derive(Clone)]
pub struct Integrity(pub Vec<Arc<dyn Books>>);

impl Integrity {
    /// What does not add up in any of them.
    pub async fn violations(&self) -> Result<Vec<Violation>, Unchecked> {
        let mut all = Vec::new();
        for books in &self.0 {
            all.extend(books.violations().await.map_err(Unchecked)?);
        }
        Ok(all)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the books could not be checked")]
pub struct Unchecked(#[source] PortError);

impl DomainError for Unchecked {
    fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    fn code(&self) -> &'static str {
        "INTERNAL"
    }
}
