//! A page on which a person decides how payments end: `/` shows all of them, `/pay/{intent}` one.

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.route("/", web::get().to(page)).route("/pay/{intent}", web::get().to(page));
}

/// Where the customer of this intent is sent to.
pub(crate) fn address(base: &str, intent: &str) -> String {
    format!("{base}/pay/{intent}")
}

async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(include_str!("page.html"))
}
