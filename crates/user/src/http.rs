//! User's routes.

#[cfg(test)]
mod tests;

use http_kit::{Limit, Routes};
use utoipa::OpenApi;

use crate::{
    address::http as address, company::http as company, company::terms::http as terms,
    deletion::http as deletion, export::http as export, photo::http as photo,
    preferences::http as preferences, profile::http as profile, registration::http as registration,
};

/// Expects a `Data<UserService>`, a `Data<DeletionService>`, a `Data<ExportService>` and a `Data<media::Media>`.
pub fn routes() -> Routes {
    Routes::new()
        .post("/api/complete-profile", Limit::Auth, registration::complete_profile)
        .post("/api/utils/check-nip", Limit::Auth, company::check_nip)
        .get("/api/admin/companies", Limit::Admin, terms::list)
        .put("/api/admin/companies/{id}/terms", Limit::Admin, terms::put_terms)
        .get("/api/users/me", Limit::Default, profile::me)
        .put("/api/users/me", Limit::Default, profile::update_me)
        .post("/api/users/me/profile-photo", Limit::Default, photo::put_photo)
        .delete("/api/users/me/profile-photo", Limit::Default, photo::delete_photo)
        .get("/api/users/me/addresses", Limit::Default, address::list_addresses)
        .post("/api/users/me/addresses", Limit::Default, address::add_address)
        .put("/api/users/me/addresses/{id}", Limit::Default, address::update_address)
        .delete("/api/users/me/addresses/{id}", Limit::Default, address::delete_address)
        .post("/api/users/me/addresses/{id}/set-default", Limit::Default, address::set_default)
        .get("/api/users/me/preferences", Limit::Default, preferences::preferences)
        .put("/api/users/me/preferences", Limit::Default, preferences::update_preferences)
        .get("/api/users/me/export", Limit::Auth, export::export)
        .post("/api/users/me/deletion", Limit::Auth, deletion::ask_for_deletion)
        .post("/api/users/me/deletion/confirm", Limit::Auth, deletion::confirm_deletion)
}

#[derive(Debug, OpenApi)]
#[openapi(paths(
    registration::complete_profile,
    company::check_nip,
    terms::list,
    terms::put_terms,
    profile::me,
    profile::update_me,
    photo::put_photo,
    photo::delete_photo,
    address::list_addresses,
    address::add_address,
    address::update_address,
    address::delete_address,
    address::set_default,
    preferences::preferences,
    preferences::update_preferences,
    export::export,
    deletion::ask_for_deletion,
    deletion::confirm_deletion
))]
pub struct ApiDoc;
