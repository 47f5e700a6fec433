//! Identity's routes.

use http_kit::{Limit, Routes};
use utoipa::OpenApi;

use crate::{
    guests::http as guests, otp::http as otp, phone::http as phone, sessions::http as sessions,
    staff::http as staff, tokens::http as tokens,
};

/// Expects a `Data<OtpService>`, a `Data<SessionService>`, a `Data<StaffService>`, a `Data<TokenService>` and a
/// `Data<GuestMigration>`.
pub fn routes() -> Routes {
    Routes::new()
        .post("/api/auth/send-otp", Limit::Auth, otp::send_otp)
        .post("/api/auth/verify-otp", Limit::Auth, otp::verify_otp)
        .post("/api/auth/refresh", Limit::Auth, sessions::refresh)
        .post("/api/auth/logout", Limit::Auth, sessions::logout)
        .post("/api/auth/logout-all", Limit::Auth, sessions::logout_all)
        .get("/api/auth/sessions", Limit::Default, sessions::list_sessions)
        .delete("/api/auth/sessions/{id}", Limit::Default, sessions::end_session)
        .post("/api/auth/migrate-guest-data", Limit::Default, guests::migrate)
        .post("/api/auth/change-phone", Limit::Auth, phone::change_phone)
        .post("/api/auth/change-phone/confirm", Limit::Auth, phone::confirm_phone)
        .post("/api/admin/auth/login", Limit::Auth, staff::login)
        .post("/api/admin/auth/refresh", Limit::Auth, staff::refresh)
        .post("/api/admin/auth/logout", Limit::Admin, staff::logout)
        .post("/api/admin/auth/password", Limit::Auth, staff::change_password)
        .get("/api/admin/auth/me", Limit::Admin, staff::me)
        .get("/api/admin/staff", Limit::Admin, staff::list_staff)
        .post("/api/admin/staff", Limit::Admin, staff::hire)
        .patch("/api/admin/staff/{id}", Limit::Admin, staff::change_staff)
        .get("/.well-known/jwks.json", Limit::Default, tokens::jwks)
}

#[derive(Debug, OpenApi)]
#[openapi(paths(
    otp::send_otp,
    otp::verify_otp,
    guests::migrate,
    sessions::refresh,
    sessions::logout,
    sessions::logout_all,
    sessions::list_sessions,
    sessions::end_session,
    phone::change_phone,
    phone::confirm_phone,
    staff::login,
    staff::refresh,
    staff::logout,
    staff::change_password,
    staff::me,
    staff::list_staff,
    staff::hire,
    staff::change_staff,
    tokens::jwks
))]
pub struct ApiDoc;

#[cfg(test)]
mod tests;
