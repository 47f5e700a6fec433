//! Order's routes.

use http_kit::{Limit, Routes};
use utoipa::OpenApi;

use crate::{
    account::http as account, admin::http as admin, end::http as end, list::http as list, pay::http as pay,
    place::http as place, reorder::http as reorder, view::http as view,
};

#[cfg(test)]
mod tests;

/// Expects a `Data<OrderService>` and a `Data<dyn Answers>`.
pub fn routes() -> Routes {
    Routes::new()
        .post("/api/orders", Limit::Orders, place::place_order)
        .get("/api/orders", Limit::Default, list::list_orders)
        .get("/api/orders/tracking/{trackingNumber}", Limit::Default, list::track_order)
        .get("/api/orders/{id}", Limit::Default, view::get_order)
        .delete("/api/orders/{id}", Limit::Default, end::cancel_order)
        .post("/api/orders/{id}/payment", Limit::Orders, pay::retry)
        .post("/api/orders/{id}/payment/sync", Limit::Orders, pay::sync)
        .post("/api/orders/{id}/reorder", Limit::Default, reorder::reorder)
        .post("/api/admin/orders/{id}/transfer", Limit::Admin, account::receive_transfer)
        .join(admin::routes())
}

#[derive(Debug, OpenApi)]
#[openapi(paths(
    place::place_order,
    list::list_orders,
    list::track_order,
    view::get_order,
    end::cancel_order,
    admin::list,
    admin::get,
    admin::put_status,
    account::receive_transfer,
    reorder::reorder,
    pay::retry,
    pay::sync,
))]
pub struct ApiDoc;
