//! Carts and favourites over HTTP.

use std::sync::Arc;

use actix_web::{App, http::header, middleware::from_fn, test, web::Data};
use async_trait::async_trait;
use http_kit::{Authenticate, Caller, Customer, failures};
use kernel::{
    Clock as _, Money, UserType,
    id::{SessionId, UserId},
};
use serde_json::{Value, json};

use super::*;
use crate::testing::Shop;

/// A token is the id of the customer.
struct ByTheirWord;

#[async_trait]
impl Authenticate for ByTheirWord {
    async fn authenticate(&self, token: &str) -> Caller {
        let session = SessionId::generate(testkit::clock().now());
        let customer = |user| Customer { user, session, user_type: UserType::Individual };
        token.parse().map_or(Caller::Refused, |user| Caller::Customer(customer(user)))
    }
}

/// The answer to GET without a body, to POST with one.
async fn ask(shop: &Shop, user: Option<UserId>, body: Option<&str>) -> (u16, Value) {
    let judge: Arc<dyn Authenticate> = Arc::new(ByTheirWord);
    let app = App::new()
        .app_data(Data::new(shop.carts.clone()))
        .app_data(Data::from(judge))
        .wrap(from_fn(failures))
        .configure(|cfg| routes().mount(cfg));
    let app = test::init_service(app).await;
    let mut request = match body {
        None => test::TestRequest::get(),
        Some(body) => test::TestRequest::post()
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .set_payload(body.to_owned()),
    };
    if let Some(user) = user {
        request = request.insert_header((header::AUTHORIZATION, format!("Bearer {user}")));
    }
    let res = test::call_service(&app, request.uri("/api/me/cart").to_request()).await;
    (res.status().as_u16(), test::read_body_json(res).await)
}

#[actix_web::test]
async fn the_cart_has_the_shape_of_the_contract() {
    let shop = Shop::new().await;
    let (user, product) = (shop.somebody(), shop.product());
    shop.change(product, |offer| offer.available = 25);
    let body = json!({ "productId": product, "quantity": 21 }).to_string();

    let (status, added) = ask(&shop, Some(user), Some(&body)).await;

    assert_eq!(status, 200);
    shop.change(product, |offer| (offer.price, offer.available) = (Money::grosz(1_001), 20));
    let (_, read) = ask(&shop, Some(user), None).await;
    assert_eq!(added["data"]["items"][0]["id"], read["data"]["items"][0]["id"]);
    let pln = |amount: i64| json!({ "amount": amount, "currency": "PLN" });
    let expected = json!({
        "items": [{
            "id": read["data"]["items"][0]["id"],
            "product": { "id": product, "name": "Ayran" },
            "quantity": 21, "unitPrice": pln(1_001), "lineTotal": pln(21_021), "vatRate": 5,
            "available": 20, "warnings": ["LESS_AVAILABLE", "PRICE_CHANGED"],
        }],
        "summary": {
            "lines": 1, "quantity": 21, "net": pln(20_020), "vat": pln(1_001), "gross": pln(21_021),
            "vatByRate": [{ "rate": 5, "net": pln(20_020), "vat": pln(1_001), "gross": pln(21_021) }],
            "minimumOrder": { "required": pln(20_000), "missing": pln(0) },
            "canCheckout": false,
        },
    });
    assert_eq!(read, json!({ "success": true, "data": expected }));
}

#[actix_web::test]
async fn an_empty_cart_has_the_same_shape() {
    let shop = Shop::new().await;
    let (status, empty) = ask(&shop, Some(shop.somebody()), None).await;
    assert_eq!((status, &empty["data"]["items"]), (200, &json!([])));
    assert_eq!(empty["data"]["summary"]["minimumOrder"]["missing"]["amount"], 20_000);
    assert_eq!(empty["data"]["summary"]["vatByRate"], json!([]));
}

#[actix_web::test]
async fn bad_requests_are_refused_by_field() {
    let shop = Shop::new().await;
    let (user, product) = (shop.somebody(), shop.product());
    for (body, status, field, code) in [
        (json!({ "productId": product, "quantity": 0 }), 422, "quantity", "RANGE"),
        (json!({ "productId": product, "quantity": -1 }), 422, "quantity", "RANGE"),
        (json!({ "productId": product, "quantity": 10_000 }), 422, "quantity", "RANGE"),
        (json!({ "productId": product, "quantity": 1.5 }), 422, "quantity", "INVALID"),
        (json!({ "productId": product, "quantity": "1" }), 422, "quantity", "INVALID"),
        (json!({ "productId": "x", "quantity": 1 }), 422, "productId", "INVALID"),
        (json!({ "productId": product }), 422, "quantity", "REQUIRED"),
        (json!({ "productId": product, "quantity": 1, "price": 1 }), 422, "price", "UNKNOWN"),
    ] {
        let (answered, told) = ask(&shop, Some(user), Some(&body.to_string())).await;
        assert_eq!((answered, &told["error"]["code"]), (status, &json!("VALIDATION_FAILED")), "{body}");
        let (at, why) = (&told["error"]["fields"][0]["field"], &told["error"]["fields"][0]["code"]);
        assert_eq!((at, why), (&json!(field), &json!(code)), "{body}");
    }
    assert_eq!(ask(&shop, Some(user), Some("{")).await.0, 400);
    assert_eq!(shop.db.number("select count(*) from shopping.carts").await, 0);
}

#[actix_web::test]
async fn refusals_carry_their_numbers() {
    let shop = Shop::new().await;
    let (user, product) = (shop.somebody(), shop.product());
    shop.change(product, |offer| (offer.available, offer.min_quantity) = (8, 6));
    for (quantity, status, code, params) in [
        (9, 409, "INSUFFICIENT_STOCK", json!({ "requested": 9, "available": 8, "inCart": 0 })),
        (5, 422, "MIN_QUANTITY", json!({ "minQuantity": 6 })),
    ] {
        let body = json!({ "productId": product, "quantity": quantity }).to_string();
        let (answered, told) = ask(&shop, Some(user), Some(&body)).await;
        let error = &told["error"];
        assert_eq!((answered, &error["code"], &error["params"]), (status, &json!(code), &params));
    }
    shop.forget(product);
    let body = json!({ "productId": product, "quantity": 6 }).to_string();
    let (answered, told) = ask(&shop, Some(user), Some(&body)).await;
    assert_eq!((answered, &told["error"]["code"]), (404, &json!("PRODUCT_NOT_FOUND")));
}

#[actix_web::test]
async fn a_cart_is_its_owners_alone() {
    let shop = Shop::new().await;
    let (status, told) = ask(&shop, None, None).await;
    assert_eq!((status, &told["error"]["code"]), (401, &json!("UNAUTHENTICATED")));
}

#[actix_web::test]
async fn every_route_is_in_the_document() {
    let paths = serde_json::to_value(ApiDoc::openapi()).unwrap()["paths"].clone();
    for endpoint in routes().endpoints() {
        assert!(paths[endpoint.path][endpoint.method.to_lowercase()].is_object(), "{endpoint:?}");
    }
}
