//! `GET /api/admin/integrity`: whether the books add up, asked of each domain that keeps some.

use std::sync::Arc;

use actix_web::web::Data;
use async_trait::async_trait;
use http_kit::{ApiResult, Envelope, Failure, Permission, Reply, Staff};
use kernel::{DomainError, ErrorKind, PortError, Role};
use serde::Serialize;
use utoipa::ToSchema;

/// Something that must always hold, and does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
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
    pub(crate) async fn violations(&self) -> Result<Vec<Violation>, Unchecked> {
        let mut all = Vec::new();
        for books in &self.0 {
            all.extend(books.violations().await.map_err(Unchecked)?);
        }
        Ok(all)
    }
}

/// Sees whether the books add up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckBooks;

impl Permission for CheckBooks {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Finance, Role::Fulfilment];
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrityResponse {
    violations: Vec<Violation>,
}

/// The invariants of stock, orders and money, checked now. Looks at everything ever written: seconds, in a large shop.
#[utoipa::path(
    get, path = "/api/admin/integrity", tag = "administration", operation_id = "checkIntegrity",
    responses((status = 200, body = Envelope<IntegrityResponse>), (status = "default", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn check(_: Staff<CheckBooks>, books: Data<Integrity>) -> ApiResult<IntegrityResponse> {
    Ok(Reply::ok(IntegrityResponse { violations: books.violations().await? }))
}

#[derive(Debug, thiserror::Error)]
#[error("the books could not be checked")]
pub(crate) struct Unchecked(#[source] PortError);

impl DomainError for Unchecked {
    fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    fn code(&self) -> &'static str {
        "INTERNAL"
    }
}
