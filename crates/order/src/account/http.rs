//! Serves `POST /api/admin/orders/{id}/transfer`.

use actix_web::{HttpResponse, web::Data};
use http_kit::{
    Answers, ApiError, Body, Envelope, Failure, Fields, Id, IdempotencyKey, KeyedRequest, Permission, Reply,
    Staff, once,
};
use kernel::{Role, id::OrderId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{OrderService, admin::http::AdminOrder};

const MAX_REFERENCE_CHARS: usize = 140;

/// Sees what comes in on the shop's account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReceiveMoney;

impl Permission for ReceiveMoney {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Finance];
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TransferRequest {
    /// What the statement of account says of it, so that somebody can find it again.
    #[schema(max_length = 140)]
    reference: String,
}

/// The money of an order on account has come, all of it: the order is paid.
///
/// Needs an `Idempotency-Key`. Said again of a paid order it changes nothing.
#[utoipa::path(
    post, path = "/api/admin/orders/{id}/transfer", tag = "administration", operation_id = "receiveTransfer",
    params(
        ("id" = OrderId, Path),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters, one per transfer"),
    ),
    request_body = TransferRequest,
    responses(
        (status = 200, body = Envelope<AdminOrder>),
        (status = 409, body = Failure, description = "`ORDER_NOT_ON_ACCOUNT`; `ORDER_STATUS_CONFLICT {status}`: it was called off"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn receive_transfer(
    staff: Staff<ReceiveMoney>,
    orders: Data<OrderService>,
    answers: Data<dyn Answers>,
    id: Id<OrderId>,
    key: IdempotencyKey,
    body: Body<TransferRequest>,
) -> Result<HttpResponse, ApiError> {
    let actor = staff.member.actor;
    let Body { value, raw } = body;
    let mut fields = Fields::default();
    let reference = fields.text("reference", &value.reference, MAX_REFERENCE_CHARS);
    let reference = fields.finish(|| reference)?;
    let endpoint = format!("orders.transfer:{}", id.0);
    let request = KeyedRequest::new(&endpoint, actor.staff, key, raw);
    once(answers.into_inner(), request, move |_| async move {
        let order = orders.receive_transfer(actor, id.0, &reference).await?;
        Ok(Reply::ok(AdminOrder::from(&order)))
    })
    .await
}
