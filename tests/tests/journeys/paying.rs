//! The ways to pay, once more after a failure, with a saved card; and a provider in trouble.

use std::time::{Duration, Instant};

use journeys::{Customer, Goods, Placed, Product, Shop, Trouble, eventually, within};
use serde_json::{Value, json};

async fn somebody_with_a_cart(shop: &Shop) -> (Customer, Product) {
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    (ada, yoghurt)
}

async fn orders_by(customer: &Customer, method: &str) -> (Placed, Value) {
    let mut form = customer.order_form();
    form["paymentMethod"] = json!(method);
    let answer = customer.orders_saying(&testkit::unique("key"), &form).await.with_status(201).data();
    (Placed::of(&answer), answer["payment"].clone())
}

fn secret(payment: &Value) -> &str {
    payment["clientSecret"].as_str().unwrap()
}

#[tokio::test]
async fn a_customer_pays_by_blik_on_her_telephone() {
    let shop = Shop::open().await;
    let (ada, _) = somebody_with_a_cart(&shop).await;
    let (placed, payment) = orders_by(&ada, "blik").await;
    let form = [("payment_method_data[type]", "blik"), ("payment_method_options[blik][code]", "123456")];
    let confirm = format!("payment_intents/{}/confirm", placed.intent);
    let asked = shop.stripe.confirms(&confirm, secret(&payment), &form).await;
    assert_eq!(asked["status"], "requires_action");
    shop.stripe.succeed(&placed.intent);
    let order = ada.sees_payment("succeeded", &placed).await;
    assert_eq!((&order["status"], &order["paymentMethod"]), (&json!("paid"), &json!("blik")));
}

#[tokio::test]
async fn a_customer_pays_by_p24_at_her_bank_which_takes_its_time() {
    let shop = Shop::open().await;
    let (ada, _) = somebody_with_a_cart(&shop).await;
    let (placed, payment) = orders_by(&ada, "p24").await;
    let waits = chrono::DateTime::parse_from_rfc3339(payment["expiresAt"].as_str().unwrap()).unwrap();
    let minutes = (waits.to_utc() - kernel::Clock::now(&kernel::SystemClock)).num_minutes();
    assert!((28..=30).contains(&minutes), "{minutes}");
    let form = [("payment_method_data[type]", "p24"), ("return_url", "https://shop.example/orders")];
    let confirm = format!("payment_intents/{}/confirm", placed.intent);
    shop.stripe.confirms(&confirm, secret(&payment), &form).await;
    let action = eventually("the shop knows what she has to do", async || {
        let path = format!("/api/orders/{}/payment", placed.id);
        let open =
            ada.visitor().post(&path, &json!({ "paymentMethod": "p24" })).await.with_status(200).data();
        Some(open["payment"].clone()).filter(|payment| payment["status"] == "requires_action")
    })
    .await;
    assert_eq!(action["nextAction"]["type"], "redirect_to_url");
    assert!(action["nextAction"]["url"].as_str().unwrap().contains("/pay/"), "{action}");
    shop.stripe.process(&placed.intent);
    ada.sees_payment("processing", &placed).await;
    let cancel = ada.visitor().delete(&format!("/api/orders/{}", placed.id)).await;
    assert_eq!(cancel.refusal(), (409, "PAYMENT_UNDER_WAY".to_owned()));
    shop.stripe.succeed(&placed.intent);
    ada.sees_payment("succeeded", &placed).await;
    shop.is_sound().await;
}

#[tokio::test]
async fn after_a_declined_card_another_way_pays_and_the_first_cannot_any_more() {
    let shop = Shop::open().await;
    let (ada, yoghurt) = somebody_with_a_cart(&shop).await;
    let placed = ada.places_an_order().await;
    shop.stripe.fail(&placed.intent);
    ada.sees_payment("failed", &placed).await;
    let path = format!("/api/orders/{}/payment", placed.id);
    let by_blik = json!({ "paymentMethod": "blik" });
    let again = ada.visitor().post(&path, &by_blik).await.with_status(200).data();
    assert_eq!(
        ada.visitor().post(&path, &by_blik).await.with_status(200).data()["payment"],
        again["payment"]
    );
    assert_eq!(
        (&again["order"]["paymentMethod"], &again["order"]["paymentStatus"]),
        (&json!("blik"), &json!("requires_payment_method"))
    );
    let second = secret(&again["payment"]).split("_secret_").next().unwrap().to_owned();
    let intents = shop.stripe.intents_of(&placed.id);
    assert_eq!(intents.len(), 2);
    let first = intents.iter().find(|intent| intent["id"] == placed.intent).unwrap();
    assert_eq!(first["status"], "canceled");
    shop.stripe.succeed(&second);
    assert_eq!(ada.sees_payment("succeeded", &placed).await["status"], "paid");
    let refused = ada.visitor().post(&path, &by_blik).await;
    assert_eq!(refused.refusal(), (409, "ORDER_CANNOT_BE_PAID".to_owned()));
    eventually("the units have left the house once", async || {
        (shop.stock_of(&yoghurt).await == (96, 0)).then_some(())
    })
    .await;
    shop.is_sound().await;
}

#[tokio::test]
async fn a_card_is_saved_pays_and_is_taken_away() {
    let shop = Shop::open().await;
    let (ada, _) = somebody_with_a_cart(&shop).await;
    let cards = "/api/users/me/payment-methods";
    assert_eq!(ada.visitor().get(cards).await.with_status(200).data(), json!([]));
    let setup = ada.visitor().post(cards, &json!({})).await.with_status(201).data();
    let confirm = format!("setup_intents/{}/confirm", setup["setupIntentId"].as_str().unwrap());
    shop.stripe.confirms(&confirm, secret(&setup), &[("payment_method", "pm_card_visa")]).await;
    let saved = ada.visitor().get(cards).await.with_status(200).data();
    let card = &saved[0];
    assert_eq!(
        (&card["brand"], &card["last4"], &card["expiryMonth"], &card["expiryYear"]),
        (&json!("visa"), &json!("4242"), &json!(12), &json!(2034))
    );
    let id = card["id"].as_str().unwrap();
    let (placed, payment) = orders_by(&ada, "card").await;
    let confirm = format!("payment_intents/{}/confirm", placed.intent);
    shop.stripe.confirms(&confirm, secret(&payment), &[("payment_method", id)]).await;
    ada.sees_payment("succeeded", &placed).await;

    let stranger = shop.customer().await;
    let path = format!("{cards}/{id}");
    let refused = stranger.visitor().delete(&path).await;
    assert_eq!(refused.refusal(), (404, "PAYMENT_METHOD_NOT_FOUND".to_owned()));
    ada.visitor().delete(&path).await.with_status(204);
    assert_eq!(ada.visitor().get(cards).await.with_status(200).data(), json!([]));
    assert_eq!(shop.guest().get(cards).await.status, 401);
}

#[tokio::test]
async fn a_card_order_costs_one_call_to_stripe() {
    let shop = Shop::open().await;
    let (ada, _) = somebody_with_a_cart(&shop).await;
    ada.places_an_order().await;
    assert_eq!(shop.stripe.calls("POST", "/v1/payment_intents").len(), 1);
}

/// Orders while Stripe is in trouble, and is attached within a minute once it is well again.
async fn orders_in(what: Trouble, times: u32) {
    let shop = Shop::open().await;
    let (ada, _) = somebody_with_a_cart(&shop).await;
    shop.stripe.troubles("POST", "/v1/payment_intents", what, times);
    let asked = Instant::now();
    let answer = ada.orders().await.with_status(201).data();
    assert!(asked.elapsed() < Duration::from_secs(12), "{:?}", asked.elapsed());
    assert_eq!(answer["payment"]["status"], "creating");
    let placed = Placed::of_any(&answer);
    shop.stripe.recovers();
    within(Duration::from_mins(1), "the payment is attached", async || {
        let attached = format!(
            "payments.payments where order_id = '{}' and status = 'requires_payment_method'",
            placed.id
        );
        (shop.count(&attached).await == 1).then_some(())
    })
    .await;
    let intents = shop.stripe.intents_of(&placed.id);
    assert_eq!(intents.len(), 1, "one PaymentIntent");
    shop.stripe.succeed(intents[0]["id"].as_str().unwrap());
    assert_eq!(ada.sees_payment("succeeded", &placed).await["status"], "paid");
    shop.is_sound().await;
}

#[tokio::test]
async fn an_answer_that_was_lost_after_the_intent_was_made_leaves_one_intent() {
    orders_in(Trouble::Lost, 3).await;
}

#[tokio::test]
async fn a_provider_that_fails_costs_the_customer_little() {
    orders_in(Trouble::Status { status: 500 }, u32::MAX).await;
}

#[tokio::test]
async fn a_provider_that_takes_half_a_minute_keeps_nobody_for_so_long() {
    orders_in(Trouble::Delay { ms: 30_000 }, 1).await;
}

#[tokio::test]
async fn a_person_has_an_event_worked_on_once_more() {
    let shop = Shop::open().await;
    let (ada, _) = somebody_with_a_cart(&shop).await;
    let placed = ada.places_an_order().await;
    shop.stripe.succeed(&placed.intent);
    ada.sees_payment("succeeded", &placed).await;
    let owner = shop.owner().await;
    let path = format!("/api/admin/payments/events?intentId={}", placed.intent);
    let worked = eventually("the event has been worked on", async || {
        let events = owner.get(&path).await.with_status(200).data();
        let events = events.as_array().unwrap().clone();
        events.into_iter().find(|e| e["kind"] == "payment_intent.succeeded" && !e["workedAt"].is_null())
    })
    .await;
    // As if what it brought had been lost.
    shop.db.exec("update payments.payments set status = 'requires_payment_method'").await;
    let id = worked["id"].as_str().unwrap();
    owner.post(&format!("/api/admin/payments/events/{id}/replay"), &json!({})).await.with_status(202);
    eventually("the payment is known again", async || {
        (shop.count("payments.payments where status = 'succeeded'").await == 1).then_some(())
    })
    .await;
    assert_eq!(ada.order(&placed).await["status"], "paid");
    let unknown = owner.post("/api/admin/payments/events/evt_none/replay", &json!({})).await;
    assert_eq!(unknown.refusal(), (404, "PAYMENT_EVENT_NOT_FOUND".to_owned()));
    shop.is_sound().await;
}
