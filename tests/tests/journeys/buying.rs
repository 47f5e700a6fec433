//! From the catalogue to a paid order, and what becomes of it when the money does not come.

use journeys::{Goods, Shop, eventually};
use serde_json::json;

/// How one language sounds.
struct Words {
    language: &'static str,
    text_message: &'static str,
    out_of_stock: &'static str,
    not_found: &'static str,
}

const TURKISH: Words = Words {
    language: "tr",
    text_message: "Metropolitan: onay kodunuz ",
    out_of_stock: "Stokta yeterli ürün yok.",
    not_found: "Bu siparişi bulamadık.",
};
const ENGLISH: Words = Words {
    language: "en",
    text_message: "Metropolitan: your code is ",
    out_of_stock: "There is not enough in stock.",
    not_found: "We could not find this order.",
};
const POLISH: Words = Words {
    language: "pl",
    text_message: "Metropolitan: kod do logowania to ",
    out_of_stock: "W magazynie nie ma wystarczającej liczby sztuk.",
    not_found: "Nie znaleziono tego zamówienia.",
};

#[tokio::test]
async fn an_individual_buys_by_card_in_turkish() {
    buys_by_card(TURKISH).await;
}

#[tokio::test]
async fn an_individual_buys_by_card_in_english() {
    buys_by_card(ENGLISH).await;
}

#[tokio::test]
async fn an_individual_buys_by_card_in_polish() {
    buys_by_card(POLISH).await;
}

async fn buys_by_card(words: Words) {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { stock: 30, ..Goods::default() }).await;
    shop.lists(&yoghurt).await;
    let ada = shop.customer_speaking(words.language).await;
    let received = shop.guest().receives_a_text(&ada.phone).await;
    assert!(received.starts_with(words.text_message), "{received}");

    let listed = ada.visitor().get("/api/products").await.data();
    let name = yoghurt.name_in(words.language);
    assert_eq!((&listed[0]["name"], &listed[0]["available"]), (&json!(name), &json!(30)));
    let too_many = ada.adds(&yoghurt, 31).await;
    assert_eq!(too_many.refusal(), (409, "INSUFFICIENT_STOCK".to_owned()));
    assert_eq!(too_many.message(), words.out_of_stock);
    ada.adds(&yoghurt, 5).await.with_status(200);
    let placed = ada.places_an_order().await;
    assert_eq!(shop.stock_of(&yoghurt).await, (30, 5), "held");
    assert_eq!(ada.cart().await["summary"]["quantity"], 5, "the cart stays until the money is there");

    shop.stripe.succeed(&placed.intent);

    let order = ada.sees_payment("succeeded", &placed).await;
    assert_eq!((&order["status"], order["paidAt"].is_string()), (&json!("paid"), true));
    assert_eq!(timeline(&order), ["placed", "paid"]);
    let pln = |amount: i64| json!({ "amount": amount, "currency": "PLN" });
    assert_eq!(order["totals"]["gross"], pln(25_000));
    assert_eq!(
        order["totals"]["vatByRate"],
        json!([{
            "rate": 5, "net": pln(23_810), "vat": pln(1_190), "gross": pln(25_000),
        }])
    );
    assert_eq!(
        order["items"],
        json!([{
            "productId": yoghurt.id, "code": yoghurt.code, "name": name, "size": "500g", "imageUrl": null,
            "quantity": 5, "unitPrice": pln(5_000), "lineTotal": pln(25_000), "vatRate": 5,
        }])
    );
    assert_eq!(order["shippingAddress"]["street"], "Marszałkowska 1");
    ada.sees_an_empty_cart().await;
    eventually("the units have left the house", async || {
        (shop.stock_of(&yoghurt).await == (25, 0)).then_some(())
    })
    .await;

    // What was bought stays as it was bought, whatever becomes of the product.
    shop.db.exec("update catalog.product_prices set gross_amount = 1").await;
    shop.db.exec("update catalog.product_translations set name = 'other'").await;
    assert_eq!(ada.order(&placed).await, order);
    let stranger = ada.visitor().get("/api/orders/00000000-0000-7000-8000-000000000000").await;
    assert_eq!(stranger.message(), words.not_found);
    // The language is kept with the account: asked without one, the shop still speaks it.
    let silent = shop.guest().bearing(&ada.access_token);
    let stranger = silent.get("/api/orders/00000000-0000-7000-8000-000000000000").await;
    assert_eq!(stranger.message(), words.not_found);
    shop.is_sound().await;
}

#[tokio::test]
async fn a_declined_card_changes_nothing_and_the_next_one_pays() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { stock: 4, ..Goods::default() }).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;
    let cart = ada.cart().await;

    for declined in 1..=3 {
        shop.stripe.fail(&placed.intent);
        eventually("the decline has been worked on", async || {
            let worked =
                shop.count("payments.inbox where kind like '%failed' and worked_at is not null").await;
            (worked == declined).then_some(())
        })
        .await;
    }

    let order = ada.sees_payment("failed", &placed).await;
    assert_eq!((&order["status"], &order["paidAt"]), (&json!("pending_payment"), &json!(null)));
    assert_eq!(timeline(&order), ["placed", "payment_failed"]);
    assert_eq!(
        shop.stock_of(&yoghurt).await,
        (4, 4),
        "three declines give nothing back, and hold nothing twice"
    );
    assert_eq!(ada.cart().await, cart);
    let bo = shop.customer().await;
    assert_eq!(bo.adds(&yoghurt, 1).await.refusal(), (409, "INSUFFICIENT_STOCK".to_owned()));

    shop.stripe.succeed(&placed.intent);

    let order = ada.sees_payment("succeeded", &placed).await;
    assert_eq!(order["status"], "paid");
    assert_eq!(timeline(&order), ["placed", "payment_failed", "paid"]);
    ada.sees_an_empty_cart().await;
    eventually("the units have left the house", async || {
        (shop.stock_of(&yoghurt).await == (0, 0)).then_some(())
    })
    .await;
    assert_eq!(shop.stripe.intents_of(&placed.id).len(), 1);
    shop.is_sound().await;
}

#[tokio::test]
async fn what_came_after_the_order_stays_in_the_cart() {
    let shop = Shop::open().await;
    let (yoghurt, cheese) = (shop.sells(Goods::default()).await, shop.sells(Goods::default()).await);
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;
    ada.adds(&yoghurt, 1).await.with_status(200);
    ada.adds(&cheese, 2).await.with_status(200);

    shop.stripe.succeed(&placed.intent);

    let left = eventually("what was bought has left the cart", async || {
        Some(ada.cart().await).filter(|cart| cart["summary"]["quantity"] == 3)
    })
    .await;
    assert_eq!(left["summary"]["lines"], 2);
    assert_eq!(shop.count("orders.orders").await, 1);
    shop.is_sound().await;
}

fn timeline(order: &serde_json::Value) -> Vec<&str> {
    order["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect()
}
