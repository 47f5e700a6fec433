//! `POST /api/orders/{id}/reorder`

use actix_web::web::Data;
use http_kit::{ApiResult, CurrentUser, Envelope, Failure, Id, Reply};
use kernel::id::{OrderId, ProductId};
use serde::Serialize;
use utoipa::ToSchema;

use super::Refilled;
use crate::OrderService;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReorderResponse {
    /// Every line of the order, as it was bought.
    items: Vec<RefilledResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RefilledResponse {
    product_id: ProductId,
    code: String,
    name: String,
    /// Units that were ordered.
    ordered: u32,
    /// Units in the cart now: fewer than ordered when no more can be had, 0 when it is not sold any more.
    in_cart: u32,
}

/// Put what was ordered into the cart again.
///
/// The cart then holds at least as many of each product, as far as they can be had; more that is in it stays. Asked
/// again, it changes nothing. Prices are today's: `GET /api/me/cart` tells.
#[utoipa::path(
    post, path = "/api/orders/{id}/reorder", tag = "orders", operation_id = "reorder",
    params(("id" = OrderId, Path)),
    responses((status = 200, body = Envelope<ReorderResponse>), (status = "default", body = Failure)),
    security(("bearer" = [])),
)]
pub(crate) async fn reorder(
    user: CurrentUser,
    orders: Data<OrderService>,
    id: Id<OrderId>,
) -> ApiResult<ReorderResponse> {
    let refilled = orders.reorder(user.0.user, user.0.user_type, id.0).await?;
    Ok(Reply::ok(ReorderResponse { items: refilled.into_iter().map(Into::into).collect() }))
}

impl From<Refilled> for RefilledResponse {
    fn from(Refilled { line, in_cart }: Refilled) -> Self {
        Self { product_id: line.product, code: line.code, name: line.name, ordered: line.quantity, in_cart }
    }
}
