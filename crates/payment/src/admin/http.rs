//! Serves `/api/admin/orders/{id}/payments` and `/api/admin/payments/events`.

use actix_web::web::{Data, Path};
use chrono::{DateTime, Utc};
use http_kit::{ApiResult, Envelope, Failure, Fields, Id, Page, Permission, Query, Reply, Staff};
use kernel::{
    Money, Role,
    id::{OrderId, PaymentId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Account;
use crate::{
    Payment, PaymentError, PaymentService,
    dispute::store::Dispute,
    refund::http::{GiveBack, RefundResponse},
    webhook::store::EventRow,
};

const MAX_ID_CHARS: usize = 255;

/// Looks at what became of customers' money.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeePayments;

impl Permission for SeePayments {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Finance, Role::Support];
}

/// What is known of an order's money.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountResponse {
    /// Oldest first.
    attempts: Vec<AttemptResponse>,
    refunds: Vec<RefundResponse>,
    disputes: Vec<DisputeResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttemptResponse {
    id: PaymentId,
    /// 1 for the first.
    attempt: i32,
    /// `card`, `blik`, `p24`, `bank_transfer`
    method: &'static str,
    amount: Money,
    status: &'static str,
    /// The provider's id of it: `pi_…`
    provider_reference: Option<String>,
    /// Why it failed, in the provider's words.
    failure: Option<String>,
    expires_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DisputeResponse {
    /// `du_…`
    id: String,
    amount: Money,
    /// In the provider's words: `product_not_received`.
    reason: String,
    /// `opened`, `won`, `lost`
    state: String,
    opened_at: DateTime<Utc>,
}

/// An event of the provider's, as it was received.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventResponse {
    /// `evt_…`
    id: String,
    /// `payment_intent.succeeded`
    kind: String,
    /// `pi_…`
    intent_id: Option<String>,
    received_at: DateTime<Utc>,
    /// Nothing while it waits.
    worked_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// The intent they are about: `pi_…`
    intent_id: String,
    /// How many, 1 to 100; 20 when not given.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
}

/// What became of an order's money: attempts to pay, refunds, disputes.
#[utoipa::path(
    get, path = "/api/admin/orders/{id}/payments", tag = "administration", operation_id = "listOrderPayments",
    params(("id" = OrderId, Path)),
    responses((status = 200, body = Envelope<AccountResponse>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn account(
    _: Staff<SeePayments>,
    payments: Data<PaymentService>,
    id: Id<OrderId>,
) -> ApiResult<AccountResponse> {
    let Account { attempts, refunds, disputes } = payments.account(id.0).await?;
    Ok(Reply::ok(AccountResponse {
        attempts: attempts.into_iter().map(AttemptResponse::from).collect(),
        refunds: refunds.into_iter().map(RefundResponse::from).collect(),
        disputes: disputes.into_iter().map(DisputeResponse::from).collect(),
    }))
}

/// The events of the provider's about one intent, newest first.
#[utoipa::path(
    get, path = "/api/admin/payments/events", tag = "administration", operation_id = "listPaymentEvents",
    params(EventsQuery),
    responses((status = 200, body = Envelope<Vec<EventResponse>>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn list_events(
    _: Staff<SeePayments>,
    payments: Data<PaymentService>,
    query: Query<EventsQuery>,
) -> ApiResult<Vec<EventResponse>> {
    let EventsQuery { intent_id, limit } = query.0;
    let mut fields = Fields::default();
    let intent = fields.text("intentId", &intent_id, MAX_ID_CHARS);
    let intent = fields.finish(|| intent)?;
    let (limit, _) = Page { limit, cursor: None }.parse()?;
    let events = payments.events_of(&intent, limit).await?;
    Ok(Reply::ok(events.into_iter().map(EventResponse::from).collect()))
}

/// Have an event worked on once more. The provider is asked anew, so nothing happens twice.
#[utoipa::path(
    post, path = "/api/admin/payments/events/{id}/replay", tag = "administration", operation_id = "replayPaymentEvent",
    params(("id" = String, Path, description = "`evt_…`")),
    responses(
        (status = 202, body = Envelope<EventResponse>, description = "It waits to be worked on"),
        (status = 404, body = Failure, description = "`PAYMENT_EVENT_NOT_FOUND`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn replay(
    staff: Staff<GiveBack>,
    payments: Data<PaymentService>,
    id: Path<String>,
) -> ApiResult<EventResponse> {
    let mut fields = Fields::default();
    let id = fields.text("id", &id, MAX_ID_CHARS);
    let id = fields.finish(|| id).map_err(|_| PaymentError::EventNotFound)?;
    let received = payments.replay(staff.member.actor, &id).await?;
    Ok(Reply::accepted(received.into()))
}

impl From<Payment> for AttemptResponse {
    fn from(payment: Payment) -> Self {
        Self {
            id: payment.id,
            attempt: payment.attempt,
            method: payment.method.as_str(),
            amount: payment.amount,
            status: payment.status.as_str(),
            provider_reference: payment.intent,
            failure: payment.failure,
            expires_at: payment.expires_at,
            created_at: payment.created_at,
        }
    }
}

impl From<Dispute> for DisputeResponse {
    fn from(dispute: Dispute) -> Self {
        let Dispute { id, amount, reason, state, opened_at } = dispute;
        Self { id, amount: Money::grosz(amount), reason, state, opened_at }
    }
}

impl From<EventRow> for EventResponse {
    fn from(received: EventRow) -> Self {
        let EventRow { event_id, kind, intent_id, received_at, worked_at } = received;
        Self { id: event_id, kind, intent_id, received_at, worked_at }
    }
}
