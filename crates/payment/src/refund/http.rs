//! Serves `/api/admin/orders/{id}/refunds` and `/api/admin/payments/refunds/{id}/transfer`.

use actix_web::{HttpResponse, web::Data};
use chrono::{DateTime, Utc};
use http_kit::{
    Answers, ApiError, Body, Envelope, Failure, Fields, Id, IdempotencyKey, KeyedRequest, Permission, Reply,
    Staff, once,
};
use kernel::{
    Money, Role,
    id::{OrderId, PaymentId, RefundId},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Refund;
use crate::PaymentService;

const MAX_REASON_CHARS: usize = 200;
const MAX_REFERENCE_CHARS: usize = 140;

/// Gives money back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GiveBack;

impl Permission for GiveBack {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Finance];
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefundRequest {
    /// All that is left of what was paid, when not given.
    amount: Option<Money>,
    /// For whoever reads the books later.
    #[schema(max_length = 200)]
    reason: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SentRequest {
    /// What the statement of account says of it.
    #[schema(max_length = 140)]
    reference: String,
}

/// Money that goes back to a customer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefundResponse {
    id: RefundId,
    order_id: OrderId,
    payment_id: PaymentId,
    amount: Money,
    /// `requested`: the provider has not answered yet, or, for what was paid by transfer, somebody has to send it.
    /// `pending`, `succeeded`, `failed`: as the provider says.
    status: &'static str,
    reason: String,
    /// The provider's id of it: `re_…`
    provider_reference: Option<String>,
    /// Why it failed, in the provider's words.
    failure: Option<String>,
    requested_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Give money back for an order, in part or all that is left.
///
/// The refund is written at once and asked for at the provider within seconds; `GET /api/admin/orders/{id}/payments`
/// tells how it stands. Of what was paid by transfer somebody has to send it by hand and say so.
///
/// Needs an `Idempotency-Key`: under one it happens once, however often it is sent.
#[utoipa::path(
    post, path = "/api/admin/orders/{id}/refunds", tag = "administration", operation_id = "refundOrder",
    params(
        ("id" = OrderId, Path),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters, one per refund"),
    ),
    request_body = RefundRequest,
    responses(
        (status = 201, body = Envelope<RefundResponse>),
        (status = 409, body = Failure, description = "`NOTHING_TO_REFUND`: nothing was paid, or all has gone back; `REFUND_TOO_LARGE {left}`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn refund(
    staff: Staff<GiveBack>,
    payments: Data<PaymentService>,
    answers: Data<dyn Answers>,
    id: Id<OrderId>,
    key: IdempotencyKey,
    body: Body<RefundRequest>,
) -> Result<HttpResponse, ApiError> {
    let actor = staff.member.actor;
    let Body { value, raw } = body;
    let mut fields = Fields::default();
    let reason = fields.text("reason", &value.reason, MAX_REASON_CHARS);
    if value.amount.is_some_and(|amount| amount.amount() < 1) {
        fields.refuse_between("amount", json!(Money::grosz(1)), json!(null));
    }
    let reason = fields.finish(|| reason)?;
    let order = id.0;
    let endpoint = format!("payments.refund:{order}");
    let request = KeyedRequest::new(&endpoint, actor.staff, key, raw);
    once(answers.into_inner(), request, move |turn| async move {
        let (http_kit::Turn::First(id) | http_kit::Turn::Again(id)) = turn;
        let refund = payments.refund(actor, order, (value.amount, &reason), RefundId(id)).await?;
        Ok(Reply::created(RefundResponse::from(refund)))
    })
    .await
}

/// Somebody has transferred a refund by hand, of what was paid by transfer.
///
/// Needs an `Idempotency-Key`. Said again it changes nothing.
#[utoipa::path(
    post, path = "/api/admin/payments/refunds/{id}/transfer", tag = "administration", operation_id = "confirmRefundTransfer",
    params(
        ("id" = RefundId, Path),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters, one per transfer"),
    ),
    request_body = SentRequest,
    responses(
        (status = 200, body = Envelope<RefundResponse>),
        (status = 404, body = Failure, description = "`REFUND_NOT_FOUND`: there is none, or the provider sends it"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn confirm_transfer(
    staff: Staff<GiveBack>,
    payments: Data<PaymentService>,
    answers: Data<dyn Answers>,
    id: Id<RefundId>,
    key: IdempotencyKey,
    body: Body<SentRequest>,
) -> Result<HttpResponse, ApiError> {
    let actor = staff.member.actor;
    let Body { value, raw } = body;
    let mut fields = Fields::default();
    let reference = fields.text("reference", &value.reference, MAX_REFERENCE_CHARS);
    let reference = fields.finish(|| reference)?;
    let endpoint = format!("payments.refund_sent:{}", id.0);
    let request = KeyedRequest::new(&endpoint, actor.staff, key, raw);
    once(answers.into_inner(), request, move |_| async move {
        let sent = payments.confirm_transfer(actor, id.0, &reference).await?;
        Ok(Reply::ok(RefundResponse::from(sent)))
    })
    .await
}

impl From<Refund> for RefundResponse {
    fn from(refund: Refund) -> Self {
        Self {
            id: refund.id,
            order_id: refund.order,
            payment_id: refund.payment,
            amount: refund.amount,
            status: refund.status.as_str(),
            reason: refund.reason,
            provider_reference: refund.provider_id,
            failure: refund.failure,
            requested_at: refund.requested_at,
            updated_at: refund.updated_at,
        }
    }
}
