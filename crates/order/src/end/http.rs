//! `DELETE /api/orders/{id}`

use actix_web::web::Data;
use http_kit::{ApiResult, CurrentUser, Envelope, Failure, Fields, Id, Query, Reply};
use kernel::id::OrderId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{OrderService, view::http::OrderResponse};

const MAX_REASON_CHARS: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CancelQuery {
    /// Why, if the customer says; at most 200 characters.
    reason: Option<String>,
}

/// Cancel an order that nobody packs yet. Its units can be sold again within seconds, and what was paid goes back. Asked
/// again: the same order.
#[utoipa::path(
    delete, path = "/api/orders/{id}", tag = "orders", operation_id = "cancelOrder",
    params(("id" = OrderId, Path), CancelQuery),
    responses(
        (status = 200, body = Envelope<OrderResponse>),
        (status = 409, body = Failure, description = "`ORDER_CANNOT_BE_CANCELLED {status}`; `PAYMENT_UNDER_WAY`: the customer's bank is at it, ask again in some minutes"),
        (status = "default", body = Failure),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn cancel_order(
    user: CurrentUser,
    orders: Data<OrderService>,
    id: Id<OrderId>,
    query: Query<CancelQuery>,
) -> ApiResult<OrderResponse> {
    let mut fields = Fields::default();
    let reason = query.0.reason.filter(|reason| !reason.trim().is_empty());
    let reason = reason.map(|reason| fields.text("reason", &reason, MAX_REASON_CHARS));
    fields.finish(|| Some(()))?;
    let order = orders.cancel(user.0.user, id.0, reason.flatten().as_deref()).await?;
    Ok(Reply::ok(OrderResponse::from(&order)))
}
