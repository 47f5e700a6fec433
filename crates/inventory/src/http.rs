//! Inventory's routes, and who may use them.

use http_kit::{Limit, Permission, Routes};
use kernel::Role;
use utoipa::OpenApi;

use crate::keeping::http as keeping;

/// Expects a `Data<StockKeeping>` and a `Data<dyn Answers>`.
pub fn routes() -> Routes {
    Routes::new()
        .post("/api/admin/products/{id}/stock-movements", Limit::Admin, keeping::change_stock)
        .get("/api/admin/products/{id}/stock", Limit::Admin, keeping::get_stock)
        .put("/api/admin/products/{id}/stock", Limit::Admin, keeping::put_stock)
}

#[derive(Debug, OpenApi)]
#[openapi(paths(keeping::change_stock, keeping::get_stock, keeping::put_stock))]
pub struct ApiDoc;

/// Receives, counts and writes off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ManageStock;

impl Permission for ManageStock {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Fulfilment];
}

/// Sees what is there, and what was done to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeeStock;

impl Permission for SeeStock {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Fulfilment, Role::Catalogue, Role::Support];
}
