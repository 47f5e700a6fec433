//! The OpenAPI document: each domain's part, joined.

use std::sync::LazyLock;

use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::health;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Metropolitan",
        description = "Turkish food for households and businesses in Poland. Money is integer grosz, prices are gross, \
                       times are RFC 3339 UTC, ids are UUIDv7. Every success is `{success, data, meta?}`, every refusal \
                       `{success, error, requestId}`.",
    ),
    modifiers(&Security),
)]
struct Frame;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_with(Default::default);
        for (name, token) in [
            ("bearer", "The access token of a signed-in customer."),
            ("admin", "The access token of somebody who works for the shop."),
            ("registration", "The registration token that `POST /api/auth/verify-otp` gives a new number."),
        ] {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
            let scheme = scheme.description(Some(token)).build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
        let token = "What `POST /api/guest/session` gives somebody who is not signed in.";
        let guest = ApiKey::Header(ApiKeyValue::with_description("X-Guest-Token", token));
        components.add_security_scheme("guest", SecurityScheme::ApiKey(guest));
    }
}

/// The whole document, routes of development included.
pub fn document() -> Document {
    let mut document = Frame::openapi();
    for part in [
        identity::http::ApiDoc::openapi(),
        audit::http::ApiDoc::openapi(),
        user::http::ApiDoc::openapi(),
        catalog::http::ApiDoc::openapi(),
        content::http::ApiDoc::openapi(),
        shopping::http::ApiDoc::openapi(),
        inventory::http::ApiDoc::openapi(),
        order::http::ApiDoc::openapi(),
        payment::http::ApiDoc::openapi(),
        media::http::ApiDoc::openapi(),
        notification::http::DevApiDoc::openapi(),
        health::ApiDoc::openapi(),
    ] {
        document.merge(part);
    }
    document
}

pub fn document_json() -> String {
    document().to_pretty_json().unwrap_or_default()
}

/// Made once, for serving.
pub(crate) fn shared_json() -> &'static str {
    static JSON: LazyLock<String> = LazyLock::new(document_json);
    &JSON
}
