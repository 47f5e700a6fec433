//! A hundred units, a thousand buyers, two instances: whatever becomes of Redis meanwhile, a hundred are served.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures_util::future::{join, join_all};
use journeys::{Answer, Customer, Goods, Redis, Shop};

const UNITS: usize = 100;
const BUYERS: usize = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_of_a_thousand_are_served() {
    sale(async |_, _| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn also_while_redis_forgets_everything_again_and_again() {
    sale(async |redis, over| {
        while !over.load(Ordering::Relaxed) {
            redis.flush();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn also_when_redis_is_killed() {
    sale(async |redis, _| {
        tokio::time::sleep(Duration::from_millis(150)).await;
        redis.stop();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn also_when_redis_stands_still() {
    sale(async |redis, over| {
        tokio::time::sleep(Duration::from_millis(150)).await;
        redis.stand_still();
        while !over.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        redis.go_on();
    })
    .await;
}

async fn sale(trouble: impl AsyncFnOnce(&mut Redis, &AtomicBool)) {
    let mut redis = Redis::start().await;
    let shop = Shop::setting("REDIS_URL", redis.url()).open().await;
    let other = shop.another_instance().await;
    let rarity =
        shop.sells(Goods { price: 25_000, stock: i64::try_from(UNITS).unwrap(), ..Goods::default() }).await;
    let doors = [&shop.guest(), &other.visitor()];
    let buyers = shop.crowd(BUYERS, &doors, &[(&rarity, 1)]).await;

    let over = AtomicBool::new(false);
    let all = async {
        let answers = join_all(buyers.iter().map(Customer::orders)).await;
        over.store(true, Ordering::Relaxed);
        answers
    };
    let (answers, ()) = join(all, trouble(&mut redis, &over)).await;

    assert_eq!(told(&answers), HashMap::from([(201, UNITS), (409, BUYERS - UNITS)]));
    for refused in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!(refused.refusal().1, "INSUFFICIENT_STOCK");
    }
    assert_eq!(shop.stock_of(&rarity).await, (100, 100));
    assert_eq!(shop.count("orders.orders").await, 100);
    shop.is_sound().await;
}

/// How many were answered how.
fn told(answers: &[Answer]) -> HashMap<u16, usize> {
    let mut told = HashMap::new();
    for answer in answers {
        *told.entry(answer.status).or_default() += 1;
    }
    told
}
