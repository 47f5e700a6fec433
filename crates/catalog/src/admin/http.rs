//! The administration's routes, and who may use them.

use http_kit::{Limit, Permission, Routes};
use kernel::Role;

use super::{categories::http as categories, images::http as images, products::http as products};

/// Expects a `Data<CatalogService>` and a `Data<media::Media>`.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .get("/api/admin/products", Limit::Admin, products::list)
        .post("/api/admin/products", Limit::Admin, products::create)
        .get("/api/admin/products/{id}", Limit::Admin, products::get)
        .put("/api/admin/products/{id}", Limit::Admin, products::change)
        .put("/api/admin/products/{id}/prices", Limit::Admin, products::plan_price)
        .put("/api/admin/products/{id}/vat-rates", Limit::Admin, products::plan_rate)
        .post("/api/admin/products/{id}/images", Limit::Admin, images::add)
        .put("/api/admin/products/{id}/images", Limit::Admin, images::arrange)
        .delete("/api/admin/products/{id}/images/{imageId}", Limit::Admin, images::remove)
        .get("/api/admin/categories", Limit::Admin, categories::list)
        .post("/api/admin/categories", Limit::Admin, categories::create)
        .get("/api/admin/categories/{id}", Limit::Admin, categories::get)
        .put("/api/admin/categories/{id}", Limit::Admin, categories::change)
        .delete("/api/admin/categories/{id}", Limit::Admin, categories::remove)
        .put("/api/admin/categories/{id}/image", Limit::Admin, categories::put_image)
        .delete("/api/admin/categories/{id}/image", Limit::Admin, categories::remove_image)
}

/// Products, categories, their prices and pictures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ManageCatalogue;

impl Permission for ManageCatalogue {
    const ROLES: &'static [Role] = &[Role::Manager, Role::Catalogue];
}
