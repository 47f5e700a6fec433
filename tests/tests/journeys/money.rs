//! Money: it moves once, whatever is told, lost or asked twice.

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use journeys::{
    Customer, Gateway, Goods, Placed, Product, Shop, WEBHOOK_SECRET, WebhookTrouble, event, eventually,
    signature,
};
use serde_json::{Value, json};

const LOST: WebhookTrouble = WebhookTrouble { copies: 0, delay_ms: 0, spread_ms: 0, lost: true };

async fn a_shop_with_an_order() -> (Shop, Customer, Product, Placed) {
    let shop = Shop::open().await;
    let (ada, yoghurt, placed) = an_order_in(&shop).await;
    (shop, ada, yoghurt, placed)
}

async fn an_order_in(shop: &Shop) -> (Customer, Product, Placed) {
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;
    (ada, yoghurt, placed)
}

fn now() -> i64 {
    kernel::Clock::now(&kernel::SystemClock).timestamp()
}

/// Tells a gateway of an event, as Stripe would; the status of the answer.
async fn tells(gateway: &Gateway, body: &str, signed: &str) -> u16 {
    let stripe = gateway.visitor().with("stripe-signature", signed);
    stripe.ask(reqwest::Method::POST, "/stripe/webhook", Some(body.to_owned())).await.status
}

async fn all_is_quiet(shop: &Shop) {
    eventually("all jobs are done", async || (shop.count("platform.jobs").await == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_told_a_hundred_times_at_two_doors_happens_once() {
    let (shop, ada, yoghurt, placed) = a_shop_with_an_order().await;
    let other = shop.another_instance().await;
    shop.keeps_events().await;
    shop.stripe.troubles_webhooks(LOST);
    shop.stripe.succeed(&placed.intent);
    let body = event("evt_hundred", "payment_intent.succeeded", &placed.intent);
    let at = now();
    let signed = format!("t={at},v1={}", signature(WEBHOOK_SECRET, at, &body));
    let doors = [&shop.gateway, &other];
    let answers = join_all((0..100).map(|n| tells(doors[n % 2], &body, &signed))).await;
    assert_eq!(answers, [200; 100]);
    assert_eq!(ada.sees_payment("succeeded", &placed).await["status"], "paid");
    eventually("the units have left the house", async || {
        (shop.stock_of(&yoghurt).await == (96, 0)).then_some(())
    })
    .await;
    all_is_quiet(&shop).await;
    assert_eq!(shop.count("payments.inbox where event_id = 'evt_hundred'").await, 1);
    for name in ["payment.succeeded.v1", "order.paid.v1"] {
        assert_eq!(shop.told(name).await, 1, "{name}");
    }
    let kinds = ada.order(&placed).await["events"].as_array().unwrap().len();
    assert_eq!(kinds, 2, "placed and paid");
    shop.is_sound().await;
}

#[tokio::test]
async fn of_fourteen_signatures_five_are_believed() {
    let previous = "whsec_previous_secret";
    let both = format!("{WEBHOOK_SECRET},{previous}");
    let shop = Shop::setting("STRIPE_WEBHOOK_SECRET", both).open().await;
    let body = |nth: usize| event(&format!("evt_{nth}"), "payout.paid", "pi_1");
    let at = now();
    let v1 = |secret: &str, at: i64, body: &str| signature(secret, at, body);
    let zeros = "0".repeat(64);
    let good = |nth: usize| v1(WEBHOOK_SECRET, at, &body(nth));
    let cases: [(&str, String, bool); 14] = [
        ("the current secret", format!("t={at},v1={}", good(0)), true),
        ("the previous secret", format!("t={at},v1={}", v1(previous, at, &body(1))), true),
        ("the second of two", format!("t={at},v1={zeros},v1={}", good(2)), true),
        ("295 s old", format!("t={},v1={}", at - 295, v1(WEBHOOK_SECRET, at - 295, &body(3))), true),
        ("295 s ahead", format!("t={},v1={}", at + 295, v1(WEBHOOK_SECRET, at + 295, &body(4))), true),
        ("301 s old", format!("t={},v1={}", at - 301, v1(WEBHOOK_SECRET, at - 301, &body(5))), false),
        ("320 s ahead", format!("t={},v1={}", at + 320, v1(WEBHOOK_SECRET, at + 320, &body(6))), false),
        ("a body one byte longer", format!("t={at},v1={}", v1(WEBHOOK_SECRET, at, &(body(7) + " "))), false),
        ("another time than was signed", format!("t={},v1={}", at + 1, good(8)), false),
        ("another secret", format!("t={at},v1={}", v1("whsec_other", at, &body(9))), false),
        ("no time", format!("v1={}", good(10)), false),
        ("no signature", format!("t={at}"), false),
        ("an older scheme", format!("t={at},v0={}", good(12)), false),
        ("half a signature", format!("t={at},v1={}", &good(13)[..32]), false),
    ];
    for (nth, (what, header, believed)) in cases.iter().enumerate() {
        let status = tells(&shop.gateway, &body(nth), header).await;
        assert_eq!(status, if *believed { 200 } else { 400 }, "{what}");
        let stored = shop.count(&format!("payments.inbox where event_id = 'evt_{nth}'")).await;
        assert_eq!(stored, i64::from(*believed), "{what}");
    }
}

#[tokio::test]
async fn what_does_not_add_up_is_put_in_review_and_never_paid() {
    let shop = Shop::open().await;
    shop.keeps_events().await;
    let alterations = [
        json!({ "amount": 19_999 }),
        json!({ "currency": "usd" }),
        json!({ "metadata": { "order_id": "0192f0c1-2345-7abc-8def-0123456789ab" } }),
        json!({ "livemode": true }),
    ];
    let mut orders = Vec::new();
    for alteration in alterations {
        let (ada, yoghurt, placed) = an_order_in(&shop).await;
        shop.stripe.controls(&format!("payment_intents/{}/alter", placed.intent), &alteration).await;
        shop.stripe.succeed(&placed.intent);
        let order = eventually("the order is in review", async || {
            Some(ada.order(&placed).await).filter(|order| order["status"] == "review")
        })
        .await;
        assert_eq!(order["paidAt"], Value::Null, "{alteration}");
        assert_eq!(shop.stock_of(&yoghurt).await, (100, 4), "nobody ships it, nobody sells it: {alteration}");
        orders.push(placed);
    }
    assert_eq!((shop.told("order.paid.v1").await, shop.told("payment.mismatched.v1").await), (0, 4));
    eventually("it is counted", async || {
        let metrics = shop.guest().get("/metrics").await.with_status(200).text();
        metrics.lines().any(|line| line == "orders_in_review 4").then_some(())
    })
    .await;
    // A person calls one off: its units can be sold again, and what was paid at Stripe is flagged.
    let owner = shop.owner().await;
    let status = format!("/api/admin/orders/{}/status", orders[0].id);
    let off = json!({ "status": "cancelled", "reason": "paid less" });
    assert_eq!(owner.patch(&status, &off).await.with_status(200).data()["status"], "cancelled");
    shop.is_sound().await;
}

/// An order whose bank was at it for so long that it expired.
async fn expired_while_the_bank_was_at_it(shop: &Shop, stock: i64) -> (Customer, Product, Placed) {
    let yoghurt = shop.sells(Goods { stock, ..Goods::default() }).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;
    shop.stripe.process(&placed.intent);
    // As if its time, and three times ten minutes more, were over.
    let over = format!(
        "update orders.orders set hold_until = now() - interval '1 second', hold_extensions = 3 where id = '{}'",
        placed.id
    );
    shop.db.exec(&over).await;
    eventually("the order has expired and its units are back", async || {
        let order = ada.order(&placed).await;
        (order["status"] == "expired" && shop.stock_of(&yoghurt).await == (stock, 0)).then_some(())
    })
    .await;
    (ada, yoghurt, placed)
}

#[tokio::test]
async fn late_money_buys_what_can_still_be_had_and_goes_back_otherwise() {
    let shop = Shop::open().await;
    let (ada, yoghurt, placed) = expired_while_the_bank_was_at_it(&shop, 10).await;
    shop.stripe.succeed(&placed.intent);
    let order = eventually("the order is taken up again", async || {
        Some(ada.order(&placed).await).filter(|order| order["status"] == "paid")
    })
    .await;
    assert_eq!(order["events"].as_array().unwrap().last().unwrap()["detail"], "late");
    assert_eq!(shop.stock_of(&yoghurt).await, (6, 0));
    assert!(shop.stripe.refunds_of(&placed.intent).is_empty());

    let (bo, sold, late) = expired_while_the_bank_was_at_it(&shop, 4).await;
    let eve = shop.customer().await;
    eve.adds(&sold, 4).await.with_status(200);
    eve.places_an_order().await;
    shop.stripe.succeed(&late.intent);
    let order = bo.sees_payment("refunded", &late).await;
    assert_eq!((&order["status"], &order["refunded"]["amount"]), (&json!("expired"), &json!(late.gross)));
    let refunds = shop.stripe.refunds_of(&late.intent);
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(late.gross)));
    let calls = shop.stripe.calls("POST", "/v1/refunds");
    assert_eq!(calls[0].idempotency_key.as_deref(), Some(format!("refund:late:{}", late.intent).as_str()));
    all_is_quiet(&shop).await;
    shop.is_sound().await;
}

#[tokio::test]
async fn money_whose_news_never_comes_is_found() {
    let shop = Shop::setting("RECONCILE_INTERVAL_SECONDS", "4").open().await;
    let (ada, _, placed) = an_order_in(&shop).await;
    shop.stripe.troubles_webhooks(LOST);
    shop.stripe.succeed(&placed.intent);
    let asked = Instant::now();
    ada.sees_payment("succeeded", &placed).await;
    assert!(asked.elapsed() < Duration::from_secs(3 * 4 + 3), "{:?}", asked.elapsed());
    let report = shop.owner().await.get("/api/admin/payments/reconciliation").await.with_status(200).data();
    assert_eq!(report["counts"]["behind"], json!({ "repaired": 1, "flagged": 0 }));
    let found = &report["differences"][0];
    assert_eq!(
        (&found["kind"], &found["subject"], &found["orderId"], &found["outcome"]),
        (&json!("behind"), &json!(placed.intent), &json!(placed.id), &json!("repaired"))
    );
    let (bo, _, asking) = an_order_in(&shop).await;
    shop.stripe.succeed(&asking.intent);
    let synced = bo.visitor().post(&format!("/api/orders/{}/payment/sync", asking.id), &json!({})).await;
    assert_eq!(synced.with_status(200).data()["status"], "paid", "whoever asks need not wait");
    shop.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_orders_called_off_while_they_are_paid_each_is_one_or_the_other() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { price: 25_000, stock: 2_000, ..Goods::default() }).await;
    let mut orders = Vec::new();
    for _ in 0..20 {
        let ada = shop.customer().await;
        for _ in 0..10 {
            ada.adds(&yoghurt, 1).await.with_status(200);
            orders.push((ada.visitor().clone(), ada.places_an_order().await));
        }
    }
    let (shop, orders) = (&shop, &orders);
    let mut answers = Vec::new();
    for some in orders.chunks(25) {
        let at_once = some.iter().enumerate().map(|(nth, (visitor, placed))| async move {
            let off = async || visitor.delete(&format!("/api/orders/{}", placed.id)).await.status;
            match nth {
                // Some are certainly first, some certainly last.
                0 => {
                    let answer = off().await;
                    shop.stripe.try_to_succeed(&placed.intent);
                    answer
                }
                1 => {
                    shop.stripe.succeed(&placed.intent);
                    off().await
                }
                _ => {
                    let pay = async {
                        let after = Duration::from_millis(u64::try_from(nth).unwrap() * 12);
                        tokio::time::sleep(after).await;
                        shop.stripe.try_to_succeed(&placed.intent);
                    };
                    join(off(), pay).await.0
                }
            }
        });
        answers.extend(join_all(at_once).await);
    }
    assert!(answers.iter().all(|status| [200, 409].contains(status)), "{answers:?}");
    let (mut paid, mut refunded, mut unpaid, mut sold) = (0, 0, 0, 0);
    for (visitor, placed) in orders {
        let intent = &shop.stripe.intents_of(&placed.id)[0];
        let money_came = intent["status"] == "succeeded";
        let settled = eventually("the order has settled", async || {
            let order = visitor.get(&format!("/api/orders/{}", placed.id)).await.with_status(200).data();
            let back: i64 = shop
                .stripe
                .refunds_of(&placed.intent)
                .iter()
                .map(|refund| refund["amount"].as_i64().unwrap())
                .sum();
            let status = order["status"].as_str().unwrap().to_owned();
            match (status.as_str(), money_came, back) {
                ("paid", true, 0) | ("cancelled", false, 0) => Some((status, back)),
                ("cancelled", true, back) if back == placed.gross && order["paymentStatus"] == "refunded" => {
                    Some((status, back))
                }
                _ => None,
            }
        })
        .await;
        match (settled.0.as_str(), settled.1) {
            ("paid", _) => {
                paid += 1;
                sold += placed.gross / yoghurt.price;
            }
            (_, 0) => unpaid += 1,
            _ => refunded += 1,
        }
    }
    assert_eq!(paid + refunded + unpaid, 200);
    assert!(refunded > 0 && unpaid > 0, "{paid} paid, {refunded} refunded, {unpaid} never paid");
    all_is_quiet(shop).await;
    assert_eq!(shop.stock_of(&yoghurt).await, (2_000 - sold, 0));
    shop.is_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_refunds_at_once_give_back_no_more_than_was_paid() {
    let shop = Shop::setting("MIN_ORDER_GROSZ", "0").open().await;
    let yoghurt = shop.sells(Goods { price: 2_500, ..Goods::default() }).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;
    shop.stripe.succeed(&placed.intent);
    ada.sees_payment("succeeded", &placed).await;

    let owner = shop.owner().await;
    let path = format!("/api/admin/orders/{}/refunds", placed.id);
    let thirty = json!({ "amount": { "amount": 3_000, "currency": "PLN" }, "reason": "a broken jar" });
    assert_eq!(owner.post(&path, &thirty).await.refusal(), (400, "IDEMPOTENCY_KEY_REQUIRED".to_owned()));
    let refunders: Vec<_> =
        (0..10).map(|nth| owner.with("idempotency-key", format!("refund-{nth}"))).collect();
    let answers = join_all(refunders.iter().map(|owner| owner.post(&path, &thirty))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 3);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused.refusal(), (409, "REFUND_TOO_LARGE".to_owned()));
    }
    eventually("the order is refunded in part", async || {
        let order = ada.order(&placed).await;
        (order["refunded"]["amount"] == 9_000).then_some(())
    })
    .await;
    assert_eq!(ada.order(&placed).await["status"], "partially_refunded");
    let rest = json!({ "reason": "the rest" });
    let keyed = owner.with("idempotency-key", "the-rest");
    let last = keyed.post(&path, &rest).await.with_status(201);
    assert_eq!(last.data()["amount"]["amount"], 1_000);
    assert_eq!(keyed.post(&path, &rest).await.with_status(201).text(), last.text());
    let nothing = owner.with("idempotency-key", "once-more").post(&path, &rest).await;
    assert_eq!(nothing.refusal(), (409, "NOTHING_TO_REFUND".to_owned()));
    assert_eq!(ada.sees_payment("refunded", &placed).await["status"], "refunded");

    let there: i64 =
        shop.stripe.refunds_of(&placed.intent).iter().map(|refund| refund["amount"].as_i64().unwrap()).sum();
    let here = "select sum(amount)::bigint from payments.refunds where status = 'succeeded'";
    assert_eq!((there, shop.db.number(here).await), (10_000, 10_000));
    let account =
        owner.get(&format!("/api/admin/orders/{}/payments", placed.id)).await.with_status(200).data();
    assert_eq!(account["refunds"].as_array().unwrap().len(), 4);
    assert!(account["refunds"].as_array().unwrap().iter().all(|refund| refund["status"] == "succeeded"));
    let customer = ada.visitor().post(&path, &rest).await;
    assert_eq!(customer.refusal().0, 401, "customers do not give themselves money");
    shop.is_sound().await;
}

#[tokio::test]
async fn a_customer_calls_off_what_she_has_paid_and_has_her_money_again() {
    let (shop, ada, yoghurt, placed) = a_shop_with_an_order().await;
    shop.stripe.succeed(&placed.intent);
    assert_eq!(ada.sees_payment("succeeded", &placed).await["canCancel"], true);
    let path = format!("/api/orders/{}?reason=no%20time", placed.id);
    for _ in 0..3 {
        let cancelled = ada.visitor().delete(&path).await.with_status(200).data();
        assert_eq!(cancelled["status"], "cancelled");
    }
    let order = ada.sees_payment("refunded", &placed).await;
    assert_eq!((&order["status"], &order["refunded"]["amount"]), (&json!("cancelled"), &json!(placed.gross)));
    eventually("the units can be sold again", async || {
        (shop.stock_of(&yoghurt).await == (100, 0)).then_some(())
    })
    .await;
    assert_eq!(shop.stripe.refunds_of(&placed.intent).len(), 1);
    all_is_quiet(&shop).await;
    shop.is_sound().await;
}

#[tokio::test]
async fn a_disputed_order_does_not_ship_until_the_bank_has_decided() {
    let (shop, ada, _, placed) = a_shop_with_an_order().await;
    shop.stripe.succeed(&placed.intent);
    ada.sees_payment("succeeded", &placed).await;
    let dispute =
        shop.stripe.controls(&format!("payment_intents/{}/dispute", placed.intent), &json!({})).await;
    let stands = async |status: &str| {
        eventually(&format!("the order is {status}"), async || {
            (ada.order(&placed).await["status"] == status).then_some(())
        })
        .await;
    };
    stands("disputed").await;
    let owner = shop.owner().await;
    let status = format!("/api/admin/orders/{}/status", placed.id);
    let refused = owner.patch(&status, &json!({ "status": "preparing" })).await;
    assert_eq!(refused.refusal(), (409, "ORDER_STATUS_CONFLICT".to_owned()));
    let close = format!("disputes/{}/close", dispute["id"].as_str().unwrap());
    shop.stripe.controls(&close, &json!({ "status": "won" })).await;
    stands("paid").await;
    let account =
        owner.get(&format!("/api/admin/orders/{}/payments", placed.id)).await.with_status(200).data();
    assert_eq!(account["disputes"][0]["state"], "won");
    owner.patch(&status, &json!({ "status": "preparing" })).await.with_status(200);
}
