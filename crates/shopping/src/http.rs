//! Shopping's routes.

#[cfg(test)]
mod tests;

use http_kit::{Limit, Routes};
use utoipa::OpenApi;

use crate::{
    cart::http::{guests as guests_cart, mine as cart},
    favorite::http::{guests as guests_favorites, mine as favorites},
    guest::http as guest,
};

/// The routes. Handlers find their services as `Data<CartService>`, `Data<FavoriteService>`, `Data<GuestService>`.
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/me/cart", Limit::Default, cart::get)
        .post("/api/me/cart", Limit::Default, cart::add)
        .patch("/api/me/cart", Limit::Default, cart::patch)
        .delete("/api/me/cart", Limit::Default, cart::clear)
        .put("/api/me/cart/{id}", Limit::Default, cart::set)
        .delete("/api/me/cart/{id}", Limit::Default, cart::remove)
        .get("/api/users/me/favorites", Limit::Default, favorites::list)
        .post("/api/users/me/favorites", Limit::Default, favorites::add)
        .delete("/api/users/me/favorites/{id}", Limit::Default, favorites::remove)
        .post("/api/guest/session", Limit::Auth, guest::begin)
        .get("/api/guest/cart", Limit::Default, guests_cart::get)
        .post("/api/guest/cart", Limit::Default, guests_cart::add)
        .patch("/api/guest/cart", Limit::Default, guests_cart::patch)
        .delete("/api/guest/cart", Limit::Default, guests_cart::clear)
        .put("/api/guest/cart/{id}", Limit::Default, guests_cart::set)
        .delete("/api/guest/cart/{id}", Limit::Default, guests_cart::remove)
        .get("/api/guest/favorites", Limit::Default, guests_favorites::list)
        .post("/api/guest/favorites", Limit::Default, guests_favorites::add)
        .delete("/api/guest/favorites/{id}", Limit::Default, guests_favorites::remove)
}

/// The document's part. Its schema `Item` is the catalogue's.
#[derive(Debug, OpenApi)]
#[openapi(paths(
    cart::get,
    cart::add,
    cart::patch,
    cart::clear,
    cart::set,
    cart::remove,
    favorites::list,
    favorites::add,
    favorites::remove,
    guest::begin,
    guests_cart::get,
    guests_cart::add,
    guests_cart::patch,
    guests_cart::clear,
    guests_cart::set,
    guests_cart::remove,
    guests_favorites::list,
    guests_favorites::add,
    guests_favorites::remove
))]
pub struct ApiDoc;
