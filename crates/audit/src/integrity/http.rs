//! `GET /api/admin/integrity`

use actix_web::web::Data;
use http_kit::{ApiResult, Envelope, Failure, Permission, Reply, Staff};
use kernel::Role;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Integrity, Violation};

/// Sees whether the books add up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckBooks;

impl Permission for CheckBooks {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Finance, Role::Fulfilment];
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrityResponse {
    violations: Vec<ViolationResponse>,
}

/// Something that must always hold, and does not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ViolationResponse {
    /// What must hold: `reserved is what held reservations hold`.
    rule: String,
    /// Of what it does not: `product 0198…`.
    subject: String,
    /// What is there.
    stands: String,
    /// What should be.
    expected: String,
}

/// The invariants of stock, checked now. Looks at everything ever written: seconds, in a large shop.
#[utoipa::path(
    get, path = "/api/admin/integrity", tag = "administration", operation_id = "checkIntegrity",
    responses((status = 200, body = Envelope<IntegrityResponse>), (status = "default", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn check(_: Staff<CheckBooks>, books: Data<Integrity>) -> ApiResult<IntegrityResponse> {
    let violations = books.violations().await?.into_iter().map(ViolationResponse::from).collect();
    Ok(Reply::ok(IntegrityResponse { violations }))
}

impl From<Violation> for ViolationResponse {
    fn from(violation: Violation) -> Self {
        let Violation { rule, subject, stands, expected } = violation;
        Self { rule, subject, stands, expected }
    }
}
