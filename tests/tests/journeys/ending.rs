//! Orders that come to nothing, and what the shop's people do with stock and orders.

use journeys::{Goods, Shop, eventually};
use serde_json::json;

#[tokio::test]
async fn what_is_called_off_can_be_bought_by_others_and_its_money_never_comes() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { stock: 5, ..Goods::default() }).await;
    let (ada, bo) = (shop.customer().await, shop.customer().await);
    ada.adds(&yoghurt, 5).await.with_status(200);
    let placed = ada.places_an_order().await;
    assert_eq!(shop.stock_of(&yoghurt).await, (5, 5));

    let path = format!("/api/orders/{}?reason=no%20time", placed.id);
    let cancelled = ada.visitor().delete(&path).await.with_status(200).data();
    assert_eq!(
        (&cancelled["status"], &cancelled["cancelReason"], &cancelled["canCancel"]),
        (&json!("cancelled"), &json!("no time"), &json!(false))
    );
    assert_eq!(ada.visitor().delete(&path).await.with_status(200).data(), cancelled);
    eventually("the units can be sold again", async || {
        (shop.stock_of(&yoghurt).await == (5, 0)).then_some(())
    })
    .await;
    let listed = ada.visitor().get("/api/orders?status=cancelled").await.with_status(200).data();
    assert_eq!((&listed[0]["id"], &listed[0]["lineCount"]), (&json!(placed.id), &json!(1)));

    bo.adds(&yoghurt, 5).await.with_status(200);
    let his = bo.places_an_order().await;
    shop.stripe.succeed(&his.intent);
    bo.sees_payment("succeeded", &his).await;
    shop.is_sound().await;
}

#[tokio::test]
async fn an_order_that_nobody_pays_expires() {
    let shop = Shop::setting("RESERVATION_TTL_SECONDS", "60").open().await;
    let yoghurt = shop.sells(Goods { stock: 5, ..Goods::default() }).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 5).await.with_status(200);
    let placed = ada.places_an_order().await;
    // As if its minute were over.
    shop.db.exec("update orders.orders set hold_until = now() - interval '1 second'").await;
    eventually("the order has expired and its units are back", async || {
        let order = ada.order(&placed).await;
        (order["status"] == "expired" && shop.stock_of(&yoghurt).await == (5, 0)).then_some(())
    })
    .await;
    assert_eq!(ada.order(&placed).await["paymentStatus"], "canceled");
    ada.places_an_order().await;
    shop.is_sound().await;
}

#[tokio::test]
async fn goods_come_in_are_sold_packed_and_sent() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { stock: 0, ..Goods::default() }).await;
    let (owner, ada) = (shop.owner().await, shop.customer().await);
    let stock = format!("/api/admin/products/{}/stock", yoghurt.id);
    let movements = format!("{stock}-movements");
    let delivery = json!({ "kind": "receive", "quantity": 8, "reason": "delivery note 7" });
    assert_eq!(
        owner.post(&movements, &delivery).await.refusal(),
        (400, "IDEMPOTENCY_KEY_REQUIRED".to_owned())
    );
    let keyed = owner.with("idempotency-key", "delivery-7");
    let received = keyed.post(&movements, &delivery).await.with_status(201);
    assert_eq!(keyed.post(&movements, &delivery).await.with_status(201).text(), received.text());
    assert_eq!(received.data()["stock"]["onHand"], 8);

    ada.adds(&yoghurt, 8).await.with_status(200);
    let placed = ada.places_an_order().await;
    let loss = json!({ "kind": "writeoff", "quantity": 1, "reason": "a broken jar" });
    let refused = owner.with("idempotency-key", "loss-1").post(&movements, &loss).await;
    assert_eq!(refused.refusal(), (409, "STOCK_RESERVED".to_owned()));
    shop.stripe.succeed(&placed.intent);
    ada.sees_payment("succeeded", &placed).await;
    eventually("the units have left the house", async || {
        (shop.stock_of(&yoghurt).await == (0, 0)).then_some(())
    })
    .await;
    let history = owner.get(&stock).await.with_status(200).data();
    let kinds: Vec<_> = history["movements"].as_array().unwrap().iter().map(|m| m["kind"].clone()).collect();
    assert_eq!(kinds[..3], [json!("commit"), json!("reserve"), json!("receive")]);

    let found =
        owner.get(&format!("/api/admin/orders?number={}", placed.number)).await.with_status(200).data();
    assert_eq!((&found[0]["id"], &found[0]["status"]), (&json!(placed.id), &json!("paid")));
    let status = format!("/api/admin/orders/{}/status", placed.id);
    let early = owner.patch(&status, &json!({ "status": "delivered" })).await;
    assert_eq!(early.refusal(), (409, "ORDER_STATUS_CONFLICT".to_owned()));
    let nameless = owner.patch(&status, &json!({ "status": "shipped" })).await;
    assert_eq!(nameless.refusal().0, 422);
    owner.patch(&status, &json!({ "status": "preparing" })).await.with_status(200);
    let parcel = json!({ "status": "shipped", "carrier": "DPD", "trackingNumber": "DPD-1" });
    owner.patch(&status, &parcel).await.with_status(200);
    let tracked = ada.visitor().get("/api/orders/tracking/DPD-1").await.with_status(200).data();
    assert_eq!((&tracked["id"], &tracked["carrier"]), (&json!(placed.id), &json!("DPD")));
    let books = owner.get("/api/admin/integrity").await.with_status(200).data();
    assert_eq!(books, json!({ "violations": [] }));
    shop.is_sound().await;
    shop.db.exec("update inventory.stock set on_hand = on_hand + 1").await;
    let books = owner.get("/api/admin/integrity").await.with_status(200).data();
    let rule = "on_hand is the sum of its movements";
    assert_eq!(
        (&books["violations"][0]["rule"], &books["violations"][0]["stands"]),
        (&json!(rule), &json!("1"))
    );
}
