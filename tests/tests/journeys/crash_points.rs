//! The process dies at each of the places it can be told to die at, twenty times each; nothing that was answered is lost,
//! nothing is doubled, and every unit is where it belongs.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use journeys::{Customer, Goods, PATIENCE, Placed, Shop, eventually, finished, within};
use reqwest::Method;

const TIMES: usize = 20;
const UNITS: i64 = 1_000;
const EACH: u32 = 4;

macro_rules! dies_at {
    ($($test:ident: $point:literal,)+) => {
        $(
            #[tokio::test]
            async fn $test() {
                dies_at($point).await;
            }
        )+

        #[test]
        fn every_place_has_its_test() {
            let tested = HashSet::from([$($point),+]);
            assert_eq!(tested, HashSet::from(kernel::crash::POINTS));
        }
    };
}

dies_at! {
    after_the_gate: "order.after_gate",
    after_units_were_put_aside: "order.after_reserve",
    after_the_order_was_written: "order.after_write",
    before_the_payment_intent: "payment.before_intent",
    after_the_payment_intent: "payment.after_intent",
    before_the_answer_is_kept: "answer.before_keep",
    after_events_became_jobs: "bus.after_relay",
    before_a_job_is_done: "bus.before_job_commit",
    after_a_webhook_was_stored: "inbox.after_store",
    before_a_payment_is_applied: "payment.before_apply_commit",
    before_units_leave_the_house: "inventory.before_settle",
    after_units_left_the_house: "inventory.after_settle",
}

/// Each of twenty customers orders and pays at a gateway that dies on the way. Then all come back under the keys they had.
async fn dies_at(point: &str) {
    let mut shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { stock: UNITS, ..Goods::default() }).await;
    let customers = join_all((0..TIMES).map(|_| customer_with_a_cart(&shop, &yoghurt))).await;
    let mut answered = Vec::new();
    for customer in &customers {
        shop.gateway.kill();
        shop.gateway.set("CRASH_AT", point);
        // What the one before left to be done may kill it before anybody comes.
        let order = if shop.gateway.starts_or_dies().await { sends_it(customer).await } else { None };
        if let Some(order) = &order {
            shop.stripe.succeed(&order.intent);
        }
        answered.push(order);
        let died = shop.gateway.ended().await;
        assert_eq!(died.code, None, "{point}: {}", died.errors);
    }
    shop.gateway.set("CRASH_AT", "");
    shop.gateway.start().await;

    let placed = join_all(customers.iter().map(|customer| finished(customer, "the-one"))).await;
    for (before, after) in answered.iter().zip(&placed) {
        match before {
            Some(before) => assert_eq!((&before.id, &before.number), (&after.id, &after.number), "{point}"),
            None => shop.stripe.succeed(&after.intent),
        }
        assert_eq!(shop.stripe.intents_of(&after.id).len(), 1, "{point}");
    }
    for (customer, order) in customers.iter().zip(&placed) {
        // Work that died in its hands is taken up by another when its lease of a minute has run out.
        within(Duration::from_mins(2), "the order is paid", async || {
            (customer.order(order).await["status"] == "paid").then_some(())
        })
        .await;
    }
    let numbers: HashSet<_> = placed.iter().map(|order| &order.number).collect();
    assert_eq!(
        (numbers.len(), shop.count("orders.orders").await),
        (TIMES, i64::try_from(TIMES).unwrap()),
        "{point}"
    );
    let left = UNITS - i64::from(EACH) * i64::try_from(TIMES).unwrap();
    eventually("the units have left the house", async || {
        (shop.stock_of(&yoghurt).await == (left, 0)).then_some(())
    })
    .await;
    let told = "inventory.stock_movements where kind = 'commit'";
    assert_eq!(shop.count(told).await, i64::try_from(TIMES).unwrap(), "{point}");
    shop.is_sound().await;
}

/// Nobody comes back: what was put aside for orders that never came is sold again within a minute.
#[tokio::test]
async fn units_of_orders_that_never_came_are_back_within_a_minute() {
    let mut shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { stock: UNITS, ..Goods::default() }).await;
    let customers = join_all((0..TIMES).map(|_| customer_with_a_cart(&shop, &yoghurt))).await;
    for customer in &customers {
        shop.gateway.kill();
        shop.gateway.set("CRASH_AT", "order.after_reserve");
        shop.gateway.start().await;
        assert!(sends_it(customer).await.is_none());
        shop.gateway.ended().await;
    }
    let last = Instant::now();
    shop.gateway.set("CRASH_AT", "");
    shop.gateway.start().await;
    while shop.stock_of(&yoghurt).await != (UNITS, 0) {
        assert!(
            last.elapsed() < Duration::from_mins(1),
            "{:?} are still held",
            shop.stock_of(&yoghurt).await
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(shop.count("orders.orders").await, 0);
    assert_eq!(shop.count("inventory.reservations where state = 'expired'").await, 20);
    shop.is_sound().await;
}

async fn customer_with_a_cart(shop: &Shop, product: &journeys::Product) -> Customer {
    let customer = shop.customer().await;
    customer.adds(product, EACH).await.with_status(200);
    customer
}

/// The order, if an answer came before the end.
async fn sends_it(customer: &Customer) -> Option<Placed> {
    let asked = customer.visitor().with("idempotency-key", "the-one");
    let form = customer.order_form().to_string();
    let sent = asked.try_to(Method::POST, "/api/orders", Some(form));
    let answer = tokio::time::timeout(PATIENCE, sent).await.ok()?.ok()?;
    (answer.status == 201).then(|| Placed::of(&answer.data()))
}
