//! Many at once: what is there is sold, once.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, future::join_all, stream};
use journeys::{Customer, Goods, Product, Shop};
use serde_json::json;

/// So many sign up at once.
const AT_ONCE: usize = 16;

async fn crowd(shop: &Shop, count: usize, product: &Product) -> Vec<Customer> {
    stream::iter(0..count)
        .map(|_| async {
            let customer = shop.customer().await;
            customer.adds(product, 1).await.with_status(200);
            customer
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_buyers_of_50_units_50_are_served_and_150_are_told() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { price: 20_000, stock: 50, ..Goods::default() }).await;
    let buyers = crowd(&shop, 200, &yoghurt).await;

    let answers = join_all(buyers.iter().map(Customer::orders)).await;

    let mut told: BTreeMap<(u16, String), usize> = BTreeMap::new();
    let mut numbers = Vec::new();
    for answer in &answers {
        let what = if answer.status == 201 {
            numbers.push(answer.data()["order"]["number"].clone());
            (201, String::new())
        } else {
            answer.refusal()
        };
        *told.entry(what).or_default() += 1;
    }
    let expected = [((201, String::new()), 50), ((409, "INSUFFICIENT_STOCK".to_owned()), 150)];
    assert_eq!(told, BTreeMap::from(expected));
    numbers.sort_unstable_by_key(ToString::to_string);
    numbers.dedup();
    assert_eq!(numbers.len(), 50, "no two orders have one number");
    assert_eq!(shop.stock_of(&yoghurt).await, (50, 50));
    assert_eq!(shop.count("inventory.reservations where state = 'held'").await, 50);
    let refused = answers.iter().find(|answer| answer.status == 409).unwrap().json();
    let short = json!([{ "productId": yoghurt.id, "requested": 1, "available": 0 }]);
    assert_eq!(refused["error"]["params"]["items"], short);
    shop.is_sound().await;
}

#[tokio::test]
async fn twelve_buyers_of_plenty_are_all_served() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { price: 20_000, stock: 1_000, ..Goods::default() }).await;
    let buyers = crowd(&shop, 12, &yoghurt).await;
    for answer in join_all(buyers.iter().map(Customer::orders)).await {
        answer.with_status(201);
    }
    assert_eq!(shop.stock_of(&yoghurt).await, (1_000, 12));
    shop.is_sound().await;
}

#[tokio::test]
async fn one_cart_sent_six_times_at_once_under_one_key_is_one_order_and_one_answer() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);

    let answers = join_all((0..6).map(|_| ada.orders_under("one"))).await;

    let mut bodies = Vec::new();
    for answer in answers {
        if answer.status == 201 {
            bodies.push(answer.body);
        } else {
            assert_eq!(answer.refusal(), (409, "REQUEST_IN_PROGRESS".to_owned()));
            assert!(answer.number("retry-after") >= 1);
        }
    }
    assert!(!bodies.is_empty());
    for _ in 0..3 {
        bodies.push(ada.orders_under("one").await.with_status(201).body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "byte for byte");
    assert_eq!((shop.count("orders.orders").await, shop.stock_of(&yoghurt).await), (1, (100, 4)));
    assert_eq!(shop.count("payments.payments").await, 1);
    shop.is_sound().await;
}

#[tokio::test]
async fn one_cart_sent_under_six_keys_at_once_is_one_order() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);

    let answers = join_all((0..6).map(|_| ada.orders())).await;

    let (placed, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(placed.len(), 1);
    for answer in refused {
        assert_eq!(answer.refusal(), (409, "CART_ALREADY_ORDERED".to_owned()));
    }
    assert_eq!((shop.count("orders.orders").await, shop.stock_of(&yoghurt).await), (1, (100, 4)));
    assert_eq!(shop.stripe.intents_of(placed[0].data()["order"]["id"].as_str().unwrap()).len(), 1);
    shop.is_sound().await;
}

#[tokio::test]
async fn ten_additions_at_once_make_ten() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    for answer in join_all((0..10).map(|_| ada.adds(&yoghurt, 1))).await {
        answer.with_status(200);
    }
    let cart = ada.cart().await;
    assert_eq!((&cart["items"][0]["quantity"], &cart["summary"]["lines"]), (&json!(10), &json!(1)));
}

#[tokio::test]
async fn of_a_hundred_guesses_at_once_five_count() {
    let shop = Shop::open().await;
    let (guest, phone) = (shop.guest(), shop.phone());
    let challenge = guest.asks_for_a_code(&phone).await;
    let real = guest.receives_a_text(&phone).await;
    let wrong = if real.contains("000000") { "111111" } else { "000000" };
    let body = json!({ "challengeId": challenge, "phoneNumber": phone, "code": wrong });

    let answers = join_all((0..100).map(|_| guest.post("/api/auth/verify-otp", &body))).await;

    let wrong = answers.iter().filter(|a| a.refusal() == (401, "OTP_INVALID".to_owned())).count();
    assert_eq!(wrong, 5, "the rest is not looked at: {:?}", answers.iter().map(|a| a.status).max());
    assert!(answers.iter().all(|answer| answer.status < 500));
}
