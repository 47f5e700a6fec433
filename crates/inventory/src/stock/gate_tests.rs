//! The gate: what it believes, and for how long.

use std::time::Duration;

use cache::{Cache, CacheOptions};
use chrono::{TimeDelta, Utc};
use kernel::{Clock as _, id::ProductId};
use testkit::RedisCluster;

use super::gate::{Gate, HEARD, Level, Levels, TRUSTED};
use crate::HoldLine;

const HERE: &str = "00000001";

fn product() -> ProductId {
    ProductId::generate(testkit::clock().now())
}

fn news(timeline: &str, product: ProductId, (available, version): (u32, i64)) -> Levels {
    Levels { timeline: timeline.to_owned(), levels: vec![Level { product, available, version }] }
}

/// How many are left, when the gate refuses so many.
async fn refused(gate: &Gate, product: ProductId, quantity: u32, now: chrono::DateTime<Utc>) -> Option<u32> {
    let short = gate.refuses(&[HoldLine { product, quantity }], now).await;
    short.first().map(|short| {
        assert_eq!((short.product_id, short.requested), (product, quantity));
        short.available
    })
}

#[tokio::test]
async fn a_refusal_is_believed_for_a_quarter_of_a_second() {
    let (gate, product, now) = (Gate::new(testkit::cache()), product(), testkit::clock().now());
    assert_eq!(refused(&gate, product, 1, now).await, None, "nothing is known");
    gate.tell(&news(HERE, product, (2, 7)), now).await;
    assert_eq!(refused(&gate, product, 2, now).await, None);
    assert_eq!(refused(&gate, product, 3, now).await, Some(2));
    let lines = [2, 1].map(|quantity| HoldLine { product, quantity });
    assert_eq!(gate.refuses(&lines, now).await.len(), 1, "lines of one product are summed");
    assert_eq!(refused(&gate, product, 3, now + TRUSTED).await, Some(2));
    for late in [TRUSTED + TimeDelta::milliseconds(1), -TRUSTED - TimeDelta::milliseconds(1)] {
        assert_eq!(refused(&gate, product, 3, now + late).await, None, "{late}");
    }
    gate.tell(&news(HERE, product, (2, 7)), now + TRUSTED * 2).await;
    assert_eq!(refused(&gate, product, 3, now + TRUSTED * 2).await, Some(2), "heard again");
}

#[tokio::test]
async fn the_newest_version_stays_whatever_order_the_news_come_in() {
    let (gate, product, now) = (Gate::new(testkit::cache()), product(), testkit::clock().now());
    gate.tell(&news(HERE, product, (0, 9)), now).await;
    gate.tell(&news(HERE, product, (5, 8)), now + TimeDelta::seconds(1)).await;
    assert_eq!(refused(&gate, product, 1, now).await, Some(0));
    gate.tell(&news(HERE, product, (1_000, 10)), now).await;
    assert_eq!(refused(&gate, product, 900, now).await, None, "what came in sells at once");
    assert_eq!(refused(&gate, product, 1_001, now).await, Some(1_000));
}

#[tokio::test]
async fn what_another_instance_tells_is_heard_a_moment_later() {
    let (cache, product, now) = (testkit::cache(), product(), testkit::clock().now());
    let (here, there) = (Gate::new(cache.clone()), Gate::new(cache));
    here.tell(&news(HERE, product, (0, 1)), now).await;
    assert_eq!(refused(&here, product, 1, now).await, Some(0));
    there.tell(&news(HERE, product, (1_000, 2)), now).await;
    assert_eq!(refused(&there, product, 1, now).await, None);
    tokio::time::sleep(HEARD).await;
    assert_eq!(refused(&here, product, 1, now).await, None);
}

#[tokio::test]
async fn of_what_there_is_enough_nothing_is_kept() {
    let (gate, product, now) = (Gate::new(testkit::cache()), product(), testkit::clock().now());
    gate.tell(&news(HERE, product, (1_000, 1)), now).await;
    assert_eq!(refused(&gate, product, 9_999, now).await, None, "PostgreSQL is asked");
}

/// After a restore to an earlier moment versions come again: what was known before counts for nothing.
#[tokio::test]
async fn another_timeline_knows_nothing_of_the_one_before() {
    let (gate, product, now) = (Gate::new(testkit::cache()), product(), testkit::clock().now());
    gate.tell(&news(HERE, product, (0, 9)), now).await;
    gate.tell(&news("00000002", product, (3, 4)), now).await;
    assert_eq!(refused(&gate, product, 1, now).await, None);
    assert_eq!(refused(&gate, product, 4, now).await, Some(3));
}

#[tokio::test]
async fn without_redis_everybody_is_let_through() {
    let nowhere = Cache::new("redis://127.0.0.1:1", CacheOptions::default()).unwrap();
    let (gate, product, now) = (Gate::new(nowhere), product(), testkit::clock().now());
    gate.tell(&news(HERE, product, (0, 9)), now).await;
    for _ in 0..10 {
        assert_eq!(refused(&gate, product, 1, now).await, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_serves_as_one_redis_does_and_goes_on_without_one_of_its_masters() {
    let mut cluster = tokio::task::spawn_blocking(RedisCluster::start).await.unwrap();
    let url = cluster.url();
    let within = |timeout| {
        let options = CacheOptions { namespace: testkit::unique("t"), timeout };
        Gate::new(Cache::new(&url, options).unwrap())
    };
    let (gate, now) = (within(Duration::from_secs(5)), testkit::clock().now());
    let products: Vec<ProductId> = (0..60).map(|_| product()).collect();
    for product in &products {
        gate.tell(&news(HERE, *product, (0, 1)), now).await;
    }
    let lines: Vec<HoldLine> = products.iter().map(|p| HoldLine { product: *p, quantity: 1 }).collect();
    assert_eq!(gate.refuses(&lines, now).await.len(), 60, "of all masters at once");

    cluster.kill(1);
    let impatient = within(Duration::from_millis(300));
    impatient.tell(&Levels { timeline: HERE.to_owned(), levels: Vec::new() }, now).await;
    let begun = std::time::Instant::now();
    for product in &products {
        // Refused by a master that knows, or let through: never wrong, never slow.
        impatient.tell(&news(HERE, *product, (0, 2)), now).await;
        let answer = refused(&impatient, *product, 1, now).await;
        assert!(answer.is_none_or(|left| left == 0));
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    // As soon as the breaker lets somebody try, those whose masters are there are refused again.
    let mut refusals = 0;
    // Another product each time: whoever is let through after a pause may belong to the master that is gone.
    for product in products.iter().cycle().take(200) {
        // Told anew: while the breaker was open nobody heard of it.
        impatient.tell(&news(HERE, *product, (0, 2)), now).await;
        refusals += usize::from(refused(&impatient, *product, 1, now).await == Some(0));
        if refusals > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(refusals > 0, "the masters that are left are not used");
}
