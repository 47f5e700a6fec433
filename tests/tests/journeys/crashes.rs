//! The gateway is killed, and nothing is lost, doubled or half done.

use futures_util::future::join_all;
use journeys::{Goods, Placed, Shop, eventually, finished};
use reqwest::Method;

#[tokio::test]
async fn money_that_came_while_the_gateway_was_dead_pays_the_order_after_its_restart() {
    let mut shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { stock: 10, ..Goods::default() }).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;

    shop.gateway.kill();
    shop.stripe.succeed(&placed.intent);
    eventually("Stripe has found nobody", async || {
        let sent = shop.stripe.deliveries().await;
        sent.iter().any(|d| d["attempts"].as_i64() > Some(0) && d["progress"] == "pending").then_some(())
    })
    .await;
    assert_eq!(shop.count("payments.inbox where kind like '%succeeded'").await, 0);
    shop.gateway.start().await;

    let order = ada.sees_payment("succeeded", &placed).await;
    assert_eq!(order["status"], "paid");
    ada.sees_an_empty_cart().await;
    eventually("the units have left the house", async || {
        (shop.stock_of(&yoghurt).await == (6, 0)).then_some(())
    })
    .await;
    assert_eq!((shop.count("orders.orders").await, shop.stripe.intents_of(&placed.id).len()), (1, 1));
    shop.is_sound().await;
}

#[tokio::test]
async fn orders_under_way_at_a_kill_are_finished_by_asking_again() {
    let mut shop = Shop::open().await;
    let yoghurt = shop.sells(Goods { stock: 100, ..Goods::default() }).await;
    let customers = join_all((0..12).map(|_| async {
        let customer = shop.customer().await;
        customer.adds(&yoghurt, 4).await.with_status(200);
        customer
    }))
    .await;

    // The kill falls into the middle: some orders are written, some reserved, some not begun.
    let all = join_all(customers.iter().map(|customer| async {
        let asked = customer.visitor().with("idempotency-key", "the-one");
        let form = customer.order_form().to_string();
        asked.try_to(Method::POST, "/api/orders", Some(form)).await.ok().filter(|a| a.status == 201)
    }));
    let written = eventually_in(&shop, "orders.orders", 3);
    let answered = tokio::select! {
        answers = all => answers,
        () = written => customers.iter().map(|_| None).collect(),
    };
    shop.gateway.kill();
    shop.gateway.start().await;

    let placed = join_all(customers.iter().map(|customer| finished(customer, "the-one"))).await;
    for (before, after) in answered.iter().zip(&placed) {
        if let Some(before) = before {
            assert_eq!(Placed::of(&before.data()).id, after.id, "the answer that was given holds");
        }
    }
    let mut numbers: Vec<_> = placed.iter().map(|order| &order.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((numbers.len(), shop.count("orders.orders").await), (12, 12));
    assert_eq!(shop.stock_of(&yoghurt).await, (100, 48), "held once for each");
    for order in &placed {
        assert_eq!(shop.stripe.intents_of(&order.id).len(), 1);
        shop.stripe.succeed(&order.intent);
    }
    for (customer, order) in customers.iter().zip(&placed) {
        customer.sees_payment("succeeded", order).await;
    }
    eventually("the units have left the house", async || {
        (shop.stock_of(&yoghurt).await == (52, 0)).then_some(())
    })
    .await;
    shop.is_sound().await;
}

async fn eventually_in(shop: &Shop, rows: &str, count: i64) {
    eventually("rows", async || (shop.count(rows).await >= count).then_some(())).await;
}
