//! `Idempotency-Key`: the same request has one outcome, over restarts too.

use journeys::{Goods, Placed, Shop};
use serde_json::json;

#[tokio::test]
async fn the_first_answer_is_given_again_byte_for_byte_after_a_restart() {
    let mut shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let first = ada.orders_under("mine").await.with_status(201);
    let placed = Placed::of(&first.data());
    // What the answer would hold now is something else.
    shop.stripe.succeed(&placed.intent);
    ada.sees_payment("succeeded", &placed).await;

    shop.gateway.kill();
    shop.gateway.start().await;

    assert_eq!(ada.orders_under("mine").await.with_status(201).body, first.body);
    let mut other = ada.order_form();
    other["notes"] = json!("to the neighbour");
    let reused = ada.orders_saying("mine", &other).await;
    assert_eq!(reused.refusal(), (422, "IDEMPOTENCY_KEY_REUSED".to_owned()));
    // Another customer's key of the same name is another key.
    let bo = shop.customer().await;
    assert_eq!(bo.orders_under("mine").await.refusal(), (409, "CART_EMPTY".to_owned()));
    assert_eq!(shop.count("orders.orders").await, 1);
}

#[tokio::test]
async fn an_order_needs_a_key() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let without = ada.visitor().post("/api/orders", &ada.order_form()).await;
    assert_eq!(without.refusal(), (400, "IDEMPOTENCY_KEY_REQUIRED".to_owned()));
    assert_eq!(ada.orders_under("").await.refusal(), (400, "IDEMPOTENCY_KEY_REQUIRED".to_owned()));
    let long = "k".repeat(256);
    assert_eq!(ada.orders_under(&long).await.refusal(), (400, "IDEMPOTENCY_KEY_INVALID".to_owned()));
    assert_eq!(shop.count("orders.orders").await, 0);
    ada.orders_under(&long[1..]).await.with_status(201);
}

#[tokio::test]
async fn a_refusal_is_judged_anew_under_the_same_key() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { stock: 4, ..Goods::default() }).await;
    let (ada, bo) = (shop.customer().await, shop.customer().await);
    for buyer in [&ada, &bo] {
        buyer.adds(&yoghurt, 4).await.with_status(200);
    }
    bo.places_an_order().await;

    for _ in 0..2 {
        assert_eq!(ada.orders_under("mine").await.refusal(), (409, "INSUFFICIENT_STOCK".to_owned()));
    }
    shop.receives(&yoghurt, 4).await;

    let placed = Placed::of(&ada.orders_under("mine").await.with_status(201).data());
    assert_eq!(shop.stock_of(&yoghurt).await, (8, 8));
    let again = ada.orders_under("mine").await.with_status(201);
    assert_eq!(Placed::of(&again.data()).id, placed.id);
    shop.is_sound().await;
}

#[tokio::test]
async fn what_is_wrong_with_an_order_is_told_and_changes_nothing() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    assert_eq!(ada.orders().await.refusal(), (409, "CART_EMPTY".to_owned()));
    ada.adds(&yoghurt, 3).await.with_status(200);
    let small = ada.orders().await;
    assert_eq!(small.refusal(), (422, "MINIMUM_ORDER".to_owned()));
    let pln = |amount: i64| json!({ "amount": amount, "currency": "PLN" });
    assert_eq!(small.json()["error"]["params"], json!({ "required": pln(20_000), "current": pln(15_000) }));
    ada.adds(&yoghurt, 1).await.with_status(200);
    let mut form = ada.order_form();
    form["expectedTotal"] = pln(15_000);
    assert_eq!(ada.orders_saying("k", &form).await.refusal(), (409, "PRICE_CHANGED".to_owned()));
    form["expectedTotal"] = pln(20_000);
    form["shippingAddressId"] = json!("00000000-0000-7000-8000-000000000000");
    assert_eq!(ada.orders_saying("k", &form).await.refusal(), (422, "ADDRESS_NOT_FOUND".to_owned()));
    // Somebody else's address is no address.
    let bo = shop.customer().await;
    let mut form = bo.order_form();
    form["expectedTotal"] = pln(20_000);
    assert_eq!(ada.orders_saying("k", &form).await.refusal(), (422, "ADDRESS_NOT_FOUND".to_owned()));
    assert_eq!((shop.count("orders.orders").await, shop.stock_of(&yoghurt).await), (0, (100, 0)));
    shop.is_sound().await;
}
