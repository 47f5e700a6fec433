//! `POST /api/orders/{id}/payment` and `…/payment/sync`

use actix_web::web::Data;
use http_kit::{ApiResult, Body, CurrentUser, Envelope, Failure, Id, Reply};
use kernel::id::OrderId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    OrderService,
    place::http::{MethodRequest, PlacedResponse},
    view::http::OrderResponse,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RetryRequest {
    /// `card`, `blik` or `p24`; it may be another than before.
    payment_method: MethodRequest,
}

/// Another attempt to pay an order, after one failed or in another way. What was open before cannot be paid any more.
///
/// Sent again while the attempt is open, it answers with that attempt.
#[utoipa::path(
    post, path = "/api/orders/{id}/payment", tag = "orders", operation_id = "retryPayment",
    params(("id" = OrderId, Path)),
    request_body = RetryRequest,
    responses(
        (status = 200, body = Envelope<PlacedResponse>),
        (status = 409, body = Failure, description = "`ORDER_CANNOT_BE_PAID {status}`: it is paid, or has ended; `PAYMENT_UNDER_WAY`: the customer's bank is at an earlier attempt; `TOO_MANY_PAYMENT_ATTEMPTS`"),
        (status = 422, body = Failure, description = "`PAYMENT_METHOD_NOT_AVAILABLE`: from or to a transfer"),
        (status = "default", body = Failure),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn retry(
    user: CurrentUser,
    orders: Data<OrderService>,
    id: Id<OrderId>,
    body: Body<RetryRequest>,
) -> ApiResult<PlacedResponse> {
    let method = body.value.payment_method.into();
    let (order, payment) = orders.retry_payment(user.0.user, id.0, method).await?;
    Ok(Reply::ok(PlacedResponse::new(&order, payment)))
}

/// Ask the payment provider how the order's payment stands, now; the order as it stands then.
#[utoipa::path(
    post, path = "/api/orders/{id}/payment/sync", tag = "orders", operation_id = "syncPayment",
    params(("id" = OrderId, Path)),
    responses((status = 200, body = Envelope<OrderResponse>), (status = "default", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn sync(
    user: CurrentUser,
    orders: Data<OrderService>,
    id: Id<OrderId>,
) -> ApiResult<OrderResponse> {
    let order = orders.sync_payment(user.0.user, id.0).await?;
    Ok(Reply::ok(OrderResponse::from(&order)))
}
