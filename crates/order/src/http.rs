//! Order's routes.

use http_kit::{Limit, Routes};
use utoipa::OpenApi;

use crate::{place::http as place, view::http as view};

#[cfg(test)]
mod tests;

/// Expects a `Data<OrderService>` and a `Data<dyn Answers>`.
pub fn routes() -> Routes {
    Routes::new().post("/api/orders", Limit::Orders, place::place_order).get(
        "/api/orders/{id}",
        Limit::Default,
        view::get_order,
    )
}

#[derive(Debug, OpenApi)]
#[openapi(paths(place::place_order, view::get_order))]
pub struct ApiDoc;
