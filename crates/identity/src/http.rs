//! Identity's routes.

use http_kit::{Limit, Routes};
use utoipa::OpenApi;

use crate::{otp::http as otp, sessions::http as sessions, tokens::http as tokens};

/// Expects a `Data<OtpService>`, a `Data<SessionService>` and a `Data<TokenService>`.
pub fn routes() -> Routes {
    Routes::new()
        .post("/api/auth/send-otp", Limit::Auth, otp::send_otp)
        .post("/api/auth/verify-otp", Limit::Auth, otp::verify_otp)
        .post("/api/auth/refresh", Limit::Auth, sessions::refresh)
        .post("/api/auth/logout", Limit::Auth, sessions::logout)
        .get("/.well-known/jwks.json", Limit::Default, tokens::jwks)
}

#[derive(Debug, OpenApi)]
#[openapi(paths(otp::send_otp, otp::verify_otp, sessions::refresh, sessions::logout, tokens::jwks))]
pub struct ApiDoc;

#[cfg(test)]
mod tests;
