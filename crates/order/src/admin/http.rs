//! Serves `/api/admin/orders`.

use actix_web::web::Data;
use http_kit::{
    ApiError, ApiResult, Body, Envelope, Failure, Fields, Id, Limit, Meta, Page, Permission, Query, Reply,
    Routes, Staff,
};
use kernel::{
    Role,
    id::{OrderId, UserId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Move;
use crate::{
    OrderError, OrderService,
    list::{
        Summary, Wanted,
        http::{SummaryResponse, page, status_of},
    },
    order::Order,
    view::http::OrderResponse,
};

const MAX_TEXT_CHARS: usize = 100;
const MAX_REASON_CHARS: usize = 200;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get("/api/admin/orders", Limit::Admin, list)
        .get("/api/admin/orders/{id}", Limit::Admin, get)
        .patch("/api/admin/orders/{id}/status", Limit::Admin, put_status)
}

/// Looks at customers' orders.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeeOrders;

impl Permission for SeeOrders {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Fulfilment, Role::Finance, Role::Support];
}

/// Packs, sends, calls off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MoveOrders;

impl Permission for MoveOrders {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Fulfilment];
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AdminOrdersQuery {
    /// Only orders that stand there: `pending_payment`, `paid`, …
    status: Option<String>,
    /// The number of an order, `ORD-2026-000123`, or of its parcel.
    number: Option<String>,
    /// Only this customer's.
    user_id: Option<UserId>,
    /// Items a page, 1 to 100; 20 when not given.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `meta.nextCursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminOrderSummary {
    user_id: UserId,
    #[serde(flatten)]
    order: SummaryResponse,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminOrder {
    user_id: UserId,
    #[serde(flatten)]
    order: OrderResponse,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PutStatusRequest {
    /// Where it goes next.
    status: StatusRequest,
    /// Who carries it: needed when it is shipped.
    #[schema(max_length = 100)]
    carrier: Option<String>,
    /// The parcel's number at the carrier: needed when it is shipped.
    #[schema(max_length = 100)]
    tracking_number: Option<String>,
    /// Why: needed when it is cancelled; the customer reads it.
    #[schema(max_length = 200)]
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StatusRequest {
    /// From `paid`. From `partially_refunded` too, as the next two, as far as the parcel has got.
    Preparing,
    /// From `preparing`.
    Shipped,
    /// From `shipped`.
    Delivered,
    /// Before it is shipped, and from `review`: what was paid goes back.
    Cancelled,
}

/// The shop's orders, newest first.
#[utoipa::path(
    get, path = "/api/admin/orders", tag = "administration", operation_id = "adminListOrders",
    params(AdminOrdersQuery),
    responses((status = 200, body = Envelope<Vec<AdminOrderSummary>>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn list(
    _: Staff<SeeOrders>,
    orders: Data<OrderService>,
    query: Query<AdminOrdersQuery>,
) -> ApiResult<Vec<AdminOrderSummary>> {
    let AdminOrdersQuery { status, number, user_id, limit, cursor } = query.0;
    let mut fields = Fields::default();
    let number = number.map(|number| fields.text("number", &number, MAX_TEXT_CHARS));
    fields.finish(|| Some(()))?;
    let status = status_of(status.as_deref())?;
    let wanted = Wanted { user: user_id, status, number: number.flatten(), before: None };
    let (found, next) = page(&orders, wanted, &Page { limit, cursor }).await?;
    let shown = found.iter().map(AdminOrderSummary::from).collect();
    Ok(Reply::ok(shown).with(Meta::page(next.as_ref(), None)))
}

/// An order with everything in it.
#[utoipa::path(
    get, path = "/api/admin/orders/{id}", tag = "administration", operation_id = "adminGetOrder",
    params(("id" = OrderId, Path)),
    responses((status = 200, body = Envelope<AdminOrder>), (status = "4XX", body = Failure)),
    security(("admin" = [])),
)]
pub(crate) async fn get(
    _: Staff<SeeOrders>,
    orders: Data<OrderService>,
    id: Id<OrderId>,
) -> ApiResult<AdminOrder> {
    let order = orders.find_any(id.0).await.map_err(OrderError::from)?.ok_or(OrderError::NotFound)?;
    Ok(Reply::ok(AdminOrder::from(&order)))
}

/// Move an order on: pack it, hand it to a carrier, say that it arrived, or call it off.
#[utoipa::path(
    patch, path = "/api/admin/orders/{id}/status", tag = "administration", operation_id = "moveOrder",
    params(("id" = OrderId, Path)),
    request_body = PutStatusRequest,
    responses(
        (status = 200, body = Envelope<AdminOrder>),
        (status = 409, body = Failure, description = "`ORDER_STATUS_CONFLICT {status}`: it cannot go there from where it stands; `PAYMENT_UNDER_WAY`; `TRACKING_NUMBER_TAKEN`"),
        (status = "4XX", body = Failure),
    ),
    security(("admin" = [])),
)]
pub(crate) async fn put_status(
    staff: Staff<MoveOrders>,
    orders: Data<OrderService>,
    id: Id<OrderId>,
    body: Body<PutStatusRequest>,
) -> ApiResult<AdminOrder> {
    let wanted = body.value.parse()?;
    let order = orders.move_on(staff.member.actor, id.0, &wanted).await?;
    Ok(Reply::ok(AdminOrder::from(&order)))
}

impl PutStatusRequest {
    fn parse(self) -> Result<Move, ApiError> {
        let mut fields = Fields::default();
        let ships = matches!(self.status, StatusRequest::Shipped);
        let ends = matches!(self.status, StatusRequest::Cancelled);
        let mut text = |name: &str, text: Option<String>, wanted: bool, most: usize| match text {
            Some(text) if wanted => fields.text(name, &text, most),
            Some(_) => {
                fields.refuse(name, "UNKNOWN");
                None
            }
            None => {
                if wanted {
                    fields.refuse(name, "REQUIRED");
                }
                None
            }
        };
        let carrier = text("carrier", self.carrier, ships, MAX_TEXT_CHARS);
        let tracking_number = text("trackingNumber", self.tracking_number, ships, MAX_TEXT_CHARS);
        let reason = text("reason", self.reason, ends, MAX_REASON_CHARS);
        fields.finish(|| {
            Some(match self.status {
                StatusRequest::Preparing => Move::Preparing,
                StatusRequest::Shipped => {
                    Move::Shipped { carrier: carrier?, tracking_number: tracking_number? }
                }
                StatusRequest::Delivered => Move::Delivered,
                StatusRequest::Cancelled => Move::Cancelled { reason: reason? },
            })
        })
    }
}

impl From<&Summary> for AdminOrderSummary {
    fn from(order: &Summary) -> Self {
        Self { user_id: order.user, order: SummaryResponse::from(order) }
    }
}

impl From<&Order> for AdminOrder {
    fn from(order: &Order) -> Self {
        Self { user_id: order.user, order: OrderResponse::from(order) }
    }
}
