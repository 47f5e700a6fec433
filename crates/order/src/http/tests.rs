//! Ordering over HTTP.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use actix_web::{
    App,
    http::header,
    middleware::from_fn,
    test::{TestRequest, call_service, init_service, read_body},
    web::{Bytes, Data},
};
use async_trait::async_trait;
use http_kit::{Answers, Authenticate, Caller, Claimed, Customer, Given, KeyedRequest, Turn, failures};
use kernel::{Clock as _, Money, PortError, UserType, id::SessionId};
use serde_json::{Value, json};
use utoipa::OpenApi as _;

use super::{ApiDoc, routes};
use crate::{
    Shortage,
    tests::{Buyer, Shop},
};

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

/// Keeps answers in memory, by the rules of the real thing.
#[derive(Default)]
struct Memory(Mutex<HashMap<(String, String), Kept>>);

#[derive(Clone)]
struct Kept {
    body: Bytes,
    id: uuid::Uuid,
    answer: Option<Given>,
    begun: bool,
    running: bool,
}

impl Memory {
    fn change(&self, request: &KeyedRequest, change: impl FnOnce(&mut Kept)) {
        let mut kept = self.0.lock().unwrap();
        change(kept.get_mut(&(request.scope.clone(), request.key.clone())).unwrap());
    }
}

#[async_trait]
impl Answers for Memory {
    async fn claim(&self, request: &KeyedRequest) -> Result<Claimed, PortError> {
        let id = kernel::id::OrderId::generate(testkit::clock().now()).0;
        let fresh = Kept { body: request.body.clone(), id, answer: None, begun: false, running: false };
        let mut kept = self.0.lock().unwrap();
        let entry = kept.entry((request.scope.clone(), request.key.clone())).or_insert(fresh);
        Ok(match &entry.answer {
            _ if entry.body != request.body => Claimed::Reused,
            Some(given) => Claimed::Done(given.clone()),
            None if entry.running => Claimed::Running,
            None => {
                entry.running = true;
                let first = !std::mem::replace(&mut entry.begun, true);
                Claimed::Work(if first { Turn::First(entry.id) } else { Turn::Again(entry.id) })
            }
        })
    }

    async fn is_known(&self, request: &KeyedRequest) -> Result<bool, PortError> {
        Ok(self.0.lock().unwrap().contains_key(&(request.scope.clone(), request.key.clone())))
    }

    async fn keep(&self, request: &KeyedRequest, answer: &Given) -> Result<Option<Given>, PortError> {
        self.change(request, |kept| kept.answer = Some(answer.clone()));
        Ok(None)
    }

    async fn forget(&self, request: &KeyedRequest) -> Result<(), PortError> {
        self.0.lock().unwrap().remove(&(request.scope.clone(), request.key.clone()));
        Ok(())
    }

    async fn reopen(&self, request: &KeyedRequest) -> Result<(), PortError> {
        self.change(request, |kept| kept.running = false);
        Ok(())
    }
}

struct Counter {
    shop: Shop,
    answers: Arc<Memory>,
}

impl Counter {
    async fn new() -> Self {
        Self { shop: Shop::new().await, answers: Arc::default() }
    }

    async fn call(&self, request: TestRequest) -> (u16, Bytes) {
        let judge: Arc<dyn Authenticate> = Arc::new(ByTheirWord);
        let answers: Arc<dyn Answers> = self.answers.clone();
        let app = App::new()
            .app_data(Data::new(self.shop.orders.clone()))
            .app_data(Data::from(judge))
            .app_data(Data::from(answers))
            .wrap(from_fn(failures))
            .configure(|cfg| routes().mount(cfg));
        let res = call_service(&init_service(app).await, request.to_request()).await;
        (res.status().as_u16(), read_body(res).await)
    }

    async fn order(&self, buyer: Buyer, key: &str, body: &Value) -> (u16, Bytes) {
        let request = TestRequest::post()
            .uri("/api/orders?lang=pl")
            .insert_header((header::AUTHORIZATION, format!("Bearer {}", buyer.user)))
            .insert_header(("idempotency-key", key))
            .set_json(body);
        self.call(request).await
    }

    async fn read(&self, buyer: Buyer, id: &str) -> (u16, Value) {
        let request = TestRequest::get()
            .uri(&format!("/api/orders/{id}"))
            .insert_header((header::AUTHORIZATION, format!("Bearer {}", buyer.user)));
        let (status, body) = self.call(request).await;
        (status, json(&body))
    }
}

fn json(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap()
}

fn by_card(buyer: Buyer) -> Value {
    json!({ "shippingAddressId": buyer.home, "paymentMethod": "card" })
}

#[actix_web::test]
async fn an_order_has_the_shape_of_the_contract() {
    let counter = Counter::new().await;
    let buyer = counter.shop.buyer_with_cart();
    let mut body = by_card(buyer);
    body["notes"] = json!("  leave it at\nthe door ");
    body["expectedTotal"] = json!({ "amount": 31_500, "currency": "PLN" });

    let (status, placed) = counter.order(buyer, "k", &body).await;

    assert_eq!(status, 201);
    let placed = json(&placed);
    let (order, payment) = (&placed["data"]["order"], &placed["data"]["payment"]);
    let pln = |amount: i64| json!({ "amount": amount, "currency": "PLN" });
    let address = json!({
        "title": "Dom", "recipient": "Ayşe Kowalska", "street": "ul. Długa 1", "city": "Warszawa",
        "postalCode": "00-238", "country": "PL",
    });
    let expected = json!({
        "id": order["id"], "number": "ORD-2026-000001", "status": "pending_payment",
        "paymentStatus": "requires_payment_method", "paymentMethod": "card",
        "totals": {
            "net": pln(30_000), "vat": pln(1_500), "gross": pln(31_500),
            "vatByRate": [{ "rate": 5, "net": pln(30_000), "vat": pln(1_500), "gross": pln(31_500) }],
        },
        "items": [{
            "productId": order["items"][0]["productId"], "code": "AYR-1", "name": "Ayran (pl)", "size": "250 ml",
            "imageUrl": "/media/ayran.webp", "quantity": 20, "unitPrice": pln(1_575), "lineTotal": pln(31_500),
            "vatRate": 5,
        }],
        "shippingAddress": address, "billingAddress": address, "notes": "leave it at the door",
        "createdAt": "2026-07-22T10:00:00Z", "paidAt": null, "dueAt": null, "cancelledAt": null,
        "cancelReason": null, "trackingNumber": null, "carrier": null,
        "refunded": pln(0),
        "events": [{ "kind": "placed", "detail": null, "at": "2026-07-22T10:00:00Z" }],
        "canCancel": true,
    });
    assert_eq!(*order, expected);
    let expected = json!({
        "id": payment["id"], "status": "requires_payment_method", "clientSecret": "pi_1_secret",
        "expiresAt": "2026-07-22T10:15:00Z",
    });
    assert_eq!(*payment, expected);
    let (status, read) = counter.read(buyer, order["id"].as_str().unwrap()).await;
    assert_eq!((status, &read["data"]), (200, order));
}

#[actix_web::test]
async fn without_an_idempotency_key_nothing_is_ordered() {
    let counter = Counter::new().await;
    let buyer = counter.shop.buyer_with_cart();
    for (key, code) in [
        (None, "IDEMPOTENCY_KEY_REQUIRED"),
        (Some(String::new()), "IDEMPOTENCY_KEY_REQUIRED"),
        (Some("  ".to_owned()), "IDEMPOTENCY_KEY_REQUIRED"),
        (Some("k".repeat(256)), "IDEMPOTENCY_KEY_INVALID"),
    ] {
        let mut request = TestRequest::post()
            .uri("/api/orders")
            .insert_header((header::AUTHORIZATION, format!("Bearer {}", buyer.user)))
            .set_json(by_card(buyer));
        if let Some(key) = key {
            request = request.insert_header(("idempotency-key", key));
        }
        let (status, told) = counter.call(request).await;
        assert_eq!((status, &json(&told)["error"]["code"]), (400, &json!(code)));
    }
    counter.shop.assert_untouched().await;
}

#[actix_web::test]
async fn bad_requests_are_refused_by_field() {
    let counter = Counter::new().await;
    let buyer = counter.shop.buyer_with_cart();
    for (field, value, code) in [
        ("discount", json!(1), "UNKNOWN"),
        ("shippingAddressId", json!("home"), "INVALID"),
        ("shippingAddressId", Value::Null, "INVALID"),
        ("paymentMethod", json!("cash"), "INVALID"),
        ("paymentTermDays", json!(7), "UNKNOWN"),
        ("notes", json!("x".repeat(501)), "TOO_LONG"),
        ("notes", json!("bell \u{7}"), "INVALID"),
    ] {
        let mut body = by_card(buyer);
        body[field] = value;
        let (status, told) = counter.order(buyer, "k", &body).await;
        let told = json(&told);
        assert_eq!((status, &told["error"]["code"]), (422, &json!("VALIDATION_FAILED")), "{body}");
        let at = &told["error"]["fields"][0];
        assert_eq!((&at["field"], &at["code"]), (&json!(field), &json!(code)), "{told}");
    }
    let (status, told) = counter.order(buyer, "k", &json!({ "paymentMethod": "card" })).await;
    assert_eq!((status, &json(&told)["error"]["fields"][0]["code"]), (422, &json!("REQUIRED")));
    counter.shop.assert_untouched().await;
}

#[actix_web::test]
async fn the_same_key_and_body_give_the_first_answer_byte_for_byte() {
    let counter = Counter::new().await;
    let (buyer, other) = (counter.shop.buyer_with_cart(), counter.shop.buyer_with_cart());
    let first = counter.order(buyer, "k", &by_card(buyer)).await;
    assert_eq!(first.0, 201);
    counter.shop.db.exec("update orders.orders set status = 'paid', notes = 'changed since'").await;
    counter.shop.fill(buyer, &[]);
    assert_eq!(counter.order(buyer, "k", &by_card(buyer)).await, first);
    assert_eq!(counter.shop.count("orders.orders").await, 1);

    let mut another = by_card(buyer);
    another["notes"] = json!("hello");
    let (status, told) = counter.order(buyer, "k", &another).await;
    assert_eq!((status, &json(&told)["error"]["code"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));
    assert_eq!(counter.order(other, "k", &by_card(other)).await.0, 201, "keys of two customers never meet");
}

#[actix_web::test]
async fn a_refusal_is_not_kept() {
    let counter = Counter::new().await;
    let buyer = counter.shop.buyer();
    let (status, told) = counter.order(buyer, "k", &by_card(buyer)).await;
    assert_eq!((status, &json(&told)["error"]["code"]), (409, &json!("CART_EMPTY")));
    counter.shop.fill(buyer, &[(counter.shop.product(30_000), 1)]);
    assert_eq!(counter.order(buyer, "k", &by_card(buyer)).await.0, 201);
}

#[actix_web::test]
async fn what_failed_half_way_is_finished_under_the_same_key() {
    let counter = Counter::new().await;
    let buyer = counter.shop.buyer_with_cart();
    let down = &counter.shop.world.payment_down;
    down.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(counter.order(buyer, "k", &by_card(buyer)).await.0, 503);
    down.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(counter.order(buyer, "k", &by_card(buyer)).await.0, 201);
    assert_eq!(counter.shop.count("orders.orders").await, 1);
}

#[actix_web::test]
async fn refusals_carry_their_numbers() {
    let counter = Counter::new().await;
    let shop = &counter.shop;
    let (buyer, product) = (shop.buyer(), shop.product(1_000));
    let pln = |amount: i64| json!({ "amount": amount, "currency": "PLN" });
    shop.fill(buyer, &[(product, 19)]);
    let (status, told) = counter.order(buyer, "k", &by_card(buyer)).await;
    let error = &json(&told)["error"];
    assert_eq!((status, &error["code"]), (422, &json!("MINIMUM_ORDER")));
    assert_eq!(error["params"], json!({ "required": pln(20_000), "current": pln(19_000) }));

    shop.fill(buyer, &[(product, 20)]);
    let mut body = by_card(buyer);
    body["expectedTotal"] = json!(Money::grosz(19_000));
    let (status, told) = counter.order(buyer, "k", &body).await;
    let error = &json(&told)["error"];
    assert_eq!((status, &error["code"]), (409, &json!("PRICE_CHANGED")));
    assert_eq!(error["params"], json!({ "expected": pln(19_000), "current": pln(20_000) }));

    let short = Shortage { product_id: product, requested: 20, available: 2 };
    *shop.world.short.lock().unwrap() = Some(vec![short]);
    let (status, told) = counter.order(buyer, "k", &by_card(buyer)).await;
    let error = &json(&told)["error"];
    assert_eq!((status, &error["code"]), (409, &json!("INSUFFICIENT_STOCK")));
    let items = json!([{ "productId": product, "requested": 20, "available": 2 }]);
    assert_eq!(error["params"], json!({ "items": items }));
    shop.assert_untouched().await;
}

#[actix_web::test]
async fn who_comes_too_late_leaves_nothing_behind_and_who_was_served_is_told_so_again() {
    let counter = Counter::new().await;
    let shop = &counter.shop;
    let [served, late] = [shop.buyer_with_cart(), shop.buyer_with_cart()];
    let first = counter.order(served, "k", &by_card(served)).await;
    assert_eq!(first.0, 201);

    let product_id = shop.product(1_000);
    *shop.world.known_short.lock().unwrap() = vec![Shortage { product_id, requested: 1, available: 0 }];
    let (status, told) = counter.order(late, "k", &by_card(late)).await;
    assert_eq!((status, &json(&told)["error"]["code"]), (409, &json!("INSUFFICIENT_STOCK")));
    assert_eq!(counter.answers.0.lock().unwrap().len(), 1);
    assert_eq!(shop.world.held.lock().unwrap().len(), 1);
    assert_eq!(shop.count("orders.orders").await, 1);

    assert_eq!(counter.order(served, "k", &by_card(served)).await, first);
    // Under another key the same cart is refused, and it is said why.
    let (status, told) = counter.order(served, "k2", &by_card(served)).await;
    assert_eq!((status, &json(&told)["error"]["code"]), (409, &json!("CART_ALREADY_ORDERED")));
}

#[actix_web::test]
async fn an_order_is_its_customers_alone() {
    let counter = Counter::new().await;
    let order = counter.shop.placed().await;
    let stranger = counter.shop.buyer();
    let owner = Buyer { user: order.user, home: stranger.home };
    assert_eq!(counter.read(owner, &order.id.to_string()).await.0, 200);
    for (caller, id) in [
        (stranger, order.id.to_string()),
        (owner, counter.shop.id().to_string()),
        (owner, "42".to_owned()),
        (owner, order.number.clone()),
    ] {
        let (status, told) = counter.read(caller, &id).await;
        assert_eq!(status, 404, "{id}");
        assert!(told["data"].is_null() && told["success"] == json!(false));
    }
    let (status, _) = counter.call(TestRequest::get().uri(&format!("/api/orders/{}", order.id))).await;
    assert_eq!(status, 401);
    let request = TestRequest::post().uri("/api/orders").set_json(by_card(owner));
    assert_eq!(counter.call(request.insert_header(("idempotency-key", "k"))).await.0, 401);
}

#[actix_web::test]
async fn every_route_is_in_the_document() {
    let paths = serde_json::to_value(ApiDoc::openapi()).unwrap()["paths"].clone();
    for endpoint in routes().endpoints() {
        assert!(paths[endpoint.path][endpoint.method.to_lowercase()].is_object(), "{endpoint:?}");
    }
}
