//! Payment's routes.

use http_kit::{Limit, Routes};
use utoipa::OpenApi;

use crate::{
    admin::http as admin, cards::http as cards, client::http as client, reconcile::http as reconcile,
    refund::http as refunds, webhook::http as webhook,
};

/// Expects a `Data` of `PaymentService`, `CardService`, `WebhookSecrets`, `ClientConfig` and `dyn Answers`.
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/payment/config", Limit::Default, client::get_config)
        .post("/stripe/webhook", Limit::None, webhook::receive)
        .get("/api/users/me/payment-methods", Limit::Default, cards::list)
        .post("/api/users/me/payment-methods", Limit::Default, cards::set_up)
        .delete("/api/users/me/payment-methods/{id}", Limit::Default, cards::remove)
        .get("/api/admin/orders/{id}/payments", Limit::Admin, admin::account)
        .post("/api/admin/orders/{id}/refunds", Limit::Admin, refunds::refund)
        .post("/api/admin/payments/refunds/{id}/transfer", Limit::Admin, refunds::confirm_transfer)
        .get("/api/admin/payments/events", Limit::Admin, admin::list_events)
        .post("/api/admin/payments/events/{id}/replay", Limit::Admin, admin::replay)
        .get("/api/admin/payments/reconciliation", Limit::Admin, reconcile::report)
}

#[derive(Debug, OpenApi)]
#[openapi(paths(
    client::get_config,
    webhook::receive,
    cards::list,
    cards::set_up,
    cards::remove,
    admin::account,
    refunds::refund,
    refunds::confirm_transfer,
    admin::list_events,
    admin::replay,
    reconcile::report
))]
pub struct ApiDoc;

#[cfg(test)]
mod tests {
    use actix_web::{
        App,
        http::header::RETRY_AFTER,
        middleware::from_fn,
        test::{TestRequest, call_service, init_service, read_body_json},
        web::Data,
    };
    use db::{Db, PoolOptions};
    use kernel::Clock as _;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        PaymentService, WebhookSecrets,
        tests::House,
        webhook::tests::{event, sign},
    };

    /// Status, body (`null` when there is none) and whether to come again.
    async fn send(payments: &PaymentService, signature: Option<&str>, body: &str) -> (u16, Value, bool) {
        let app = App::new()
            .app_data(Data::new(payments.clone()))
            .app_data(Data::new(WebhookSecrets::parse("whsec_current").unwrap()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| routes().mount(cfg));
        let app = init_service(app).await;
        let mut request = TestRequest::post().uri("/stripe/webhook").set_payload(body.to_owned());
        if let Some(signature) = signature {
            request = request.insert_header(("stripe-signature", signature));
        }
        let res = call_service(&app, request.to_request()).await;
        let (status, again) = (res.status().as_u16(), res.headers().contains_key(RETRY_AFTER));
        let body = if status == 200 { Value::Null } else { read_body_json(res).await };
        (status, body, again)
    }

    fn signed(body: &str) -> String {
        let time = testkit::clock().now().timestamp();
        format!("t={time},v1={}", sign("whsec_current", 0, body.as_bytes()))
    }

    #[actix_web::test]
    async fn a_signed_event_is_stored_and_answered_each_time_it_comes() {
        let house = House::new().await;
        let body = event("evt_1", "pi_1").to_string();
        for _ in 0..2 {
            assert_eq!(send(&house.payments, Some(&signed(&body)), &body).await, (200, Value::Null, false));
        }
        assert_eq!((house.count("payments.inbox").await, house.count("platform.jobs").await), (1, 1));
    }

    #[actix_web::test]
    async fn a_bad_signature_is_answered_400_and_nothing_is_stored() {
        let house = House::new().await;
        let body = event("evt_1", "pi_1").to_string();
        let other = signed(&format!("{body} "));
        for signature in [None, Some(""), Some("t=1,v1=00"), Some(other.as_str())] {
            let (status, told, _) = send(&house.payments, signature, &body).await;
            assert_eq!((status, &told["error"]["code"]), (400, &json!("SIGNATURE_INVALID")));
        }
        assert_eq!((house.count("payments.inbox").await, house.count("platform.jobs").await), (0, 0));
    }

    #[actix_web::test]
    async fn a_signed_body_that_is_no_event_is_answered_400() {
        let house = House::new().await;
        let (status, told, _) = send(&house.payments, Some(&signed("{")), "{").await;
        assert_eq!((status, &told["error"]["code"]), (400, &json!("MALFORMED_REQUEST")));
    }

    #[actix_web::test]
    async fn what_cannot_be_stored_is_answered_503_so_that_it_is_sent_again() {
        let house = House::new().await;
        let nowhere = PoolOptions { wait: std::time::Duration::from_millis(100), ..PoolOptions::default() };
        let away = Db::new("postgres://postgres@127.0.0.1:1/none", &nowhere);
        let payments = PaymentService { db: away, ..house.payments.clone() };
        let body = event("evt_1", "pi_1").to_string();
        let (status, told, again) = send(&payments, Some(&signed(&body)), &body).await;
        assert_eq!((status, &told["error"]["code"], again), (503, &json!("UNAVAILABLE"), true));
    }

    #[actix_web::test]
    async fn every_route_is_in_the_document() {
        let paths = serde_json::to_value(ApiDoc::openapi()).unwrap()["paths"].clone();
        for endpoint in routes().endpoints() {
            assert!(paths[endpoint.path][endpoint.method.to_lowercase()].is_object(), "{endpoint:?}");
        }
    }
}
