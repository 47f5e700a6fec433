//! The actix application: middleware outside, the domains' routes inside.

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::{
    http::{Method, header},
    web::{self, Data, ServiceConfig},
};
use http_kit::{ApiError, Routes};
use utoipa_swagger_ui::{Config as SwaggerConfig, SwaggerUi};

use crate::{health, modules::Modules};

/// Every route of the shop; those of development never in production.
pub fn routes(production: bool) -> Routes {
    let routes = Routes::new()
        .join(catalog::http::routes())
        .join(content::http::routes())
        .join(shopping::http::routes())
        .join(inventory::http::routes())
        .join(order::http::routes())
        .join(user::http::routes())
        .join(identity::http::routes())
        .join(audit::http::routes())
        .join(payment::http::routes())
        .join(media::http::routes())
        .join(health::routes());
    if production { routes } else { routes.join(notification::http::dev_routes()) }
}

/// Mounts everything. The middleware is put around it by the server, outermost first: edge (request id, span,
/// metrics), error messages, CORS, compression; each route counts and identifies its callers itself.
pub(crate) fn configure(modules: Arc<Modules>, production: bool) -> impl FnOnce(&mut ServiceConfig) {
    move |cfg| {
        cfg.app_data(Data::new(modules.catalog.clone()))
            .app_data(Data::new(modules.content.clone()))
            .app_data(Data::new(modules.stock_keeping.clone()))
            .app_data(Data::new(modules.integrity.clone()))
            .app_data(Data::new(modules.carts.clone()))
            .app_data(Data::new(modules.favorites.clone()))
            .app_data(Data::new(modules.guests.clone()))
            .app_data(Data::new(modules.guest_migration.clone()))
            .app_data(Data::from(modules.judge_guests.clone()))
            .app_data(Data::new(modules.orders.clone()))
            .app_data(Data::new(modules.payments.clone()))
            .app_data(Data::new(modules.cards.clone()))
            .app_data(Data::new(modules.webhook_secrets.clone()))
            .app_data(Data::new(modules.payment_client.clone()))
            .app_data(Data::new(modules.users.clone()))
            .app_data(Data::new(modules.deletions.clone()))
            .app_data(Data::new(modules.exports.clone()))
            .app_data(Data::new(modules.otp.clone()))
            .app_data(Data::new(modules.sessions.clone()))
            .app_data(Data::new(modules.staff.clone()))
            .app_data(Data::new(modules.tokens.clone()))
            .app_data(Data::new(modules.db.clone()))
            .app_data(Data::new(modules.media.clone()))
            .app_data(Data::new(modules.health.clone()))
            .app_data(Data::from(modules.answers.clone()))
            .app_data(Data::from(modules.messages.clone()))
            .app_data(Data::from(modules.authenticate.clone()))
            .app_data(Data::from(modules.admit.clone()))
            .app_data(Data::from(modules.languages.clone()));
        if let Some(mailbox) = &modules.mailbox {
            cfg.app_data(Data::new(mailbox.clone()));
        }
        // Without a mailbox there is nothing for the route of development to show.
        routes(production || modules.mailbox.is_none()).mount(cfg);
        let ui = SwaggerUi::new("/swagger/{_:.*}").config(SwaggerConfig::from("/openapi.json"));
        cfg.service(web::redirect("/swagger", "/swagger/")).service(ui);
        cfg.default_service(web::to(|| async { Err::<&str, _>(ApiError::not_found()) }));
    }
}

/// Browsers from exactly these origins.
pub(crate) fn cors(origins: &[String]) -> Cors {
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let cors = Cors::default()
        .allowed_methods(methods)
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT_LANGUAGE,
            header::IF_NONE_MATCH,
            header::IF_MATCH,
            header::HeaderName::from_static("idempotency-key"),
            header::HeaderName::from_static("x-guest-token"),
            header::HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([
            "etag",
            "x-request-id",
            "retry-after",
            "ratelimit-limit",
            "ratelimit-remaining",
            "ratelimit-reset",
        ])
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
