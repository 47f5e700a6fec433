//! `GET /api/orders`, `GET /api/orders/tracking/{trackingNumber}`, and what lists show.

use actix_web::web::{Data, Path};
use chrono::{DateTime, Utc};
use http_kit::{ApiError, ApiResult, CurrentUser, Envelope, Failure, Fields, Meta, Page, Query, Reply};
use kernel::{Cursor, Money, id::OrderId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Summary, Wanted};
use crate::{OrderService, OrderStatus, order::method_word, view::http::OrderResponse};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrdersQuery {
    /// Only orders that stand there: `pending_payment`, `paid`, …
    status: Option<String>,
    /// Items a page, 1 to 100; 20 when not given.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `meta.nextCursor` of the page before.
    cursor: Option<String>,
}

/// An order as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderSummary)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SummaryResponse {
    id: OrderId,
    number: String,
    status: &'static str,
    payment_status: &'static str,
    payment_method: &'static str,
    /// Gross.
    total: Money,
    line_count: usize,
    /// Pictures of the first lines, at most three.
    images: Vec<String>,
    created_at: DateTime<Utc>,
    paid_at: Option<DateTime<Utc>>,
    /// Until when a bank transfer has to be here.
    due_at: Option<DateTime<Utc>>,
    tracking_number: Option<String>,
    can_cancel: bool,
    /// Always false: invoices are not made yet.
    invoice_available: bool,
}

/// The caller's orders, newest first.
#[utoipa::path(
    get, path = "/api/orders", tag = "orders", operation_id = "listOrders",
    params(OrdersQuery),
    responses((status = 200, body = Envelope<Vec<SummaryResponse>>), (status = "default", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn list_orders(
    user: CurrentUser,
    orders: Data<OrderService>,
    query: Query<OrdersQuery>,
) -> ApiResult<Vec<SummaryResponse>> {
    let OrdersQuery { status, limit, cursor } = query.0;
    let wanted =
        Wanted { user: Some(user.0.user), status: status_of(status.as_deref())?, ..Wanted::default() };
    let (page, next) = page(&orders, wanted, &Page { limit, cursor }).await?;
    let shown = page.iter().map(SummaryResponse::from).collect();
    Ok(Reply::ok(shown).with(Meta::page(next.as_ref(), None)))
}

/// The caller's order that travels under a parcel's number.
#[utoipa::path(
    get, path = "/api/orders/tracking/{trackingNumber}", tag = "orders", operation_id = "trackOrder",
    params(("trackingNumber" = String, Path)),
    responses((status = 200, body = Envelope<OrderResponse>), (status = "default", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn track_order(
    user: CurrentUser,
    orders: Data<OrderService>,
    number: Path<String>,
) -> ApiResult<OrderResponse> {
    let order = orders.by_tracking_number(user.0.user, &number).await?;
    Ok(Reply::ok(OrderResponse::from(&order)))
}

pub(crate) async fn page(
    orders: &OrderService,
    wanted: Wanted,
    page: &Page,
) -> Result<(Vec<Summary>, Option<Cursor>), ApiError> {
    let (limit, cursor) = page.parse()?;
    let before = cursor.map(|c| c.decode().ok_or_else(Page::bad_cursor)).transpose()?;
    let mut found = orders.list(&Wanted { before, ..wanted }, limit).await?;
    let more = found.len() > limit.get();
    found.truncate(limit.get());
    let next = found.last().filter(|_| more).map(|last| Cursor::encode(&last.id));
    Ok((found, next))
}

pub(crate) fn status_of(word: Option<&str>) -> Result<Option<OrderStatus>, ApiError> {
    let status = word.map(OrderStatus::from_word);
    let mut fields = Fields::default();
    if status == Some(None) {
        fields.refuse("status", "INVALID");
    }
    fields.finish(|| Some(status.flatten()))
}

impl From<&Summary> for SummaryResponse {
    fn from(order: &Summary) -> Self {
        Self {
            id: order.id,
            number: order.number.clone(),
            status: order.status.as_str(),
            payment_status: order.payment_status.as_str(),
            payment_method: method_word(order.payment_method),
            total: order.gross,
            line_count: order.lines,
            images: order.images.clone(),
            created_at: order.created_at,
            paid_at: order.paid_at,
            due_at: order.due_at,
            tracking_number: order.tracking_number.clone(),
            can_cancel: order.status.can_cancel(),
            invoice_available: false,
        }
    }
}
