//! What the shop stands on breaks while people order: PostgreSQL is restarted or stands still, an instance is killed again
//! and again, a connection breaks when the order is written and nobody has heard of it.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future::join, stream};
use journeys::{Customer, Goods, Placed, Postgres, Product, Setup, Shop, Visitor, eventually};
use reqwest::Method;
use testkit::TestDb;

const CROWD: usize = 300;
/// So many order at the same time.
const AT_ONCE: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_instances_is_killed_twenty_times() {
    let shop = Shop::open().await;
    let mut other = shop.another_instance().await;
    let (yoghurt, crowd) = crowd(&shop, &[&shop.guest(), &other.visitor()]).await;
    let doors = [shop.guest(), other.visitor()];
    let served = AtomicUsize::new(0);
    let everybody = order_all(&crowd, &doors, &served);
    let trouble = async {
        for time in 0..20 {
            // Spread over the sale: the next kill comes when some more have been served.
            let enough = CROWD * time / 25;
            eventually("people are served", async || {
                (served.load(Ordering::Relaxed) >= enough).then_some(())
            })
            .await;
            other.kill();
            other.start().await;
        }
    };
    let (placed, ()) = join(everybody, trouble).await;
    all_is_well(&shop, &yoghurt, &placed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_is_restarted_as_after_a_crash() {
    let (mut postgres, shop) = shop_with_a_postgresql().await;
    let (yoghurt, crowd) = crowd(&shop, &[&shop.guest()]).await;
    let doors = [shop.guest()];
    let served = AtomicUsize::new(0);
    let trouble = async {
        eventually("people are served", async || (served.load(Ordering::Relaxed) >= 50).then_some(())).await;
        postgres.stop_immediately();
        tokio::time::sleep(Duration::from_secs(1)).await;
        tokio::task::block_in_place(|| postgres.start_again());
        recovers(&served).await;
    };
    let (placed, ()) = join(order_all(&crowd, &doors, &served), trouble).await;
    all_is_well(&shop, &yoghurt, &placed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_stands_still_for_ten_seconds() {
    let (postgres, shop) = shop_with_a_postgresql().await;
    let (yoghurt, crowd) = crowd(&shop, &[&shop.guest()]).await;
    let doors = [shop.guest()];
    let served = AtomicUsize::new(0);
    let trouble = async {
        eventually("people are served", async || (served.load(Ordering::Relaxed) >= 50).then_some(())).await;
        postgres.pause();
        tokio::time::sleep(Duration::from_secs(10)).await;
        postgres.go_on();
        recovers(&served).await;
    };
    let (placed, ()) = join(order_all(&crowd, &doors, &served), trouble).await;
    all_is_well(&shop, &yoghurt, &placed).await;
}

/// The order stands, but the connection broke before anybody heard of it: asked again, it is the same order.
#[tokio::test]
async fn nobody_heard_that_the_order_was_written() {
    let (shop, way) = Shop::behind_a_proxy().await;
    let yoghurt = shop.sells(Goods { price: 25_000, ..Goods::default() }).await;
    for n in 0..5 {
        let ada = shop.customer().await;
        ada.adds(&yoghurt, 1).await.with_status(200);
        // The order itself, on its way to `orders.place_all`: nothing before it has an address in it.
        way.cut_after("\"postalCode\":");
        let answer = ada.orders_under("once").await;
        assert!(way.has_cut(), "the order was written otherwise than this test thinks");
        assert_eq!(answer.refusal(), (503, "UNAVAILABLE".to_owned()));
        eventually("the order stands", async || (shop.count("orders.orders").await == n + 1).then_some(()))
            .await;
        let placed = journeys::finished(&ada, "once").await;
        assert_eq!(ada.order(&placed).await["status"], "pending_payment");
        assert_eq!(shop.count("orders.orders").await, n + 1);
        assert_eq!(shop.stock_of(&yoghurt).await, (100, n + 1));
        assert_eq!(shop.stripe.intents_of(&placed.id).len(), 1);
    }
    shop.is_sound().await;
}

async fn shop_with_a_postgresql() -> (Postgres, Shop) {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    let db = TestDb::on(&postgres.url(), "metropolitan").await;
    let mut shop = Setup::default().prepare_on(db, ToOwned::to_owned).await;
    shop.gateway.start().await;
    (postgres, shop)
}

async fn crowd(shop: &Shop, doors: &[&Visitor]) -> (Product, Vec<Customer>) {
    let yoghurt = shop.sells(Goods { price: 25_000, stock: 1_000, ..Goods::default() }).await;
    let crowd = shop.crowd(CROWD, doors, &[(&yoghurt, 1)]).await;
    (yoghurt, crowd)
}

/// Everybody's order, each under one key at whichever door opens.
async fn order_all(crowd: &[Customer], doors: &[Visitor], served: &AtomicUsize) -> Vec<Placed> {
    stream::iter(crowd.iter().enumerate())
        .map(|(nth, customer)| order(customer, nth, doors, served))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

async fn order(customer: &Customer, nth: usize, doors: &[Visitor], served: &AtomicUsize) -> Placed {
    let begun = Instant::now();
    for attempt in nth.. {
        let door = doors[attempt % doors.len()].bearing(&customer.access_token);
        let asked = door.with("idempotency-key", "the-one");
        let sent = asked.try_to(Method::POST, "/api/orders", Some(customer.order_form().to_string())).await;
        if let Ok(answer) = sent {
            match answer.status {
                201 => {
                    served.fetch_add(1, Ordering::Relaxed);
                    return Placed::of_any(&answer.data());
                }
                409 => assert_eq!(answer.refusal().1, "REQUEST_IN_PROGRESS"),
                status => assert_eq!(status, 503, "{}", answer.text()),
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(90), "the order of customer {nth} was never finished");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    unreachable!("there is always another attempt")
}

/// Within ten seconds people are served again.
async fn recovers(served: &AtomicUsize) {
    let (back, before) = (Instant::now(), served.load(Ordering::Relaxed));
    eventually("people are served again", async || {
        (served.load(Ordering::Relaxed) >= (before + AT_ONCE).min(CROWD)).then_some(())
    })
    .await;
    assert!(back.elapsed() < Duration::from_secs(10), "{:?}", back.elapsed());
}

async fn all_is_well(shop: &Shop, product: &Product, placed: &[Placed]) {
    let all = i64::try_from(CROWD).unwrap();
    let mut ids: Vec<&String> = placed.iter().map(|order| &order.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CROWD);
    let ids: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    let answered = format!("orders.orders where id in ({})", ids.join(","));
    assert_eq!((shop.count(&answered).await, shop.count("orders.orders").await), (all, all));
    // Units put aside for a request that was cut off and then made anew elsewhere are held by the same order.
    eventually("each holds one unit", async || (shop.stock_of(product).await == (1_000, all)).then_some(()))
        .await;
    shop.is_sound().await;
}
