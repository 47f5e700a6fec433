//! User's routes.

#[cfg(test)]
mod tests;

use http_kit::{Limit, Routes};
use utoipa::OpenApi;

use crate::{
    address::http as address, photo::http as photo, profile::http as profile,
    registration::http as registration,
};

/// Expects a `Data<UserService>` and a `Data<media::Media>`.
pub fn routes() -> Routes {
    Routes::new()
        .post("/api/complete-profile", Limit::Auth, registration::complete_profile)
        .get("/api/users/me", Limit::Default, profile::me)
        .put("/api/users/me", Limit::Default, profile::update_me)
        .post("/api/users/me/profile-photo", Limit::Default, photo::put_photo)
        .delete("/api/users/me/profile-photo", Limit::Default, photo::delete_photo)
        .get("/api/users/me/addresses", Limit::Default, address::list_addresses)
        .post("/api/users/me/addresses", Limit::Default, address::add_address)
}

#[derive(Debug, OpenApi)]
#[openapi(paths(
    registration::complete_profile,
    profile::me,
    profile::update_me,
    photo::put_photo,
    photo::delete_photo,
    address::list_addresses,
    address::add_address
))]
pub struct ApiDoc;
