//! Limits and connections, against a real Redis and against none.
//!
//! The test kit's own cache is of another build of this crate: here it only says where Redis is.

use std::time::Duration;

use futures_util::future::join_all;

use crate::{Cache, CacheError, CacheOptions, Decision, Limiter, Quota, State};

const HOUR: Duration = Duration::from_hours(1);

/// A corner of the real Redis; patient, since the machine is busy.
fn redis() -> Cache {
    at(&testkit::redis_url(), Duration::from_secs(5))
}

fn at(url: &str, timeout: Duration) -> Cache {
    let options = CacheOptions { namespace: testkit::unique("t"), timeout };
    Cache::new(url, options).unwrap()
}

/// Nobody listens there any more.
fn nowhere() -> Cache {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    at(&format!("redis://127.0.0.1:{port}"), Duration::from_millis(200))
}

/// So many an hour: nothing comes back while a test runs.
fn quota(requests: u32, batch: u32) -> Quota {
    Quota { name: "test", requests, per: HOUR, batch }
}

async fn check_many(limiter: &Limiter<&'static str>, quota: &Quota, times: usize) -> Vec<Decision> {
    join_all((0..times).map(|_| limiter.check(quota, "a:203.0.113.9"))).await
}

/// Not more, and at most the minute less that a test may take.
fn just_below(told: Duration, whole: Duration) -> bool {
    told <= whole && told + Duration::from_mins(1) > whole
}

fn allowed(decisions: &[Decision]) -> usize {
    decisions.iter().filter(|d| d.allowed).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_the_quota_is_allowed_of_many_requests_at_once() {
    let limiter = Limiter::new(redis(), 1);
    let decisions = check_many(&limiter, &quota(30, 1), 80).await;
    assert_eq!(allowed(&decisions), 30);
    assert!(decisions.iter().all(|d| d.limit == 30));
    let mut left: Vec<u32> = decisions.iter().filter(|d| d.allowed).map(|d| d.remaining).collect();
    left.sort_unstable();
    assert_eq!(left, (0..30).collect::<Vec<u32>>(), "each is told another remainder");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_taking_batches_allow_the_quota_between_them() {
    let cache = redis();
    let (one, two) = (Limiter::new(cache.clone(), 1), Limiter::new(cache, 1));
    let quota = quota(95, 10);
    let (a, b) = tokio::join!(check_many(&one, &quota, 200), check_many(&two, &quota, 200));
    let both = allowed(&a) + allowed(&b);
    assert_eq!(both, 95);
}

#[tokio::test]
async fn a_refusal_says_when_to_come_again() {
    let limiter = Limiter::new(redis(), 1);
    let quota = quota(4, 1);
    let interval = HOUR / 4;
    for n in 1..=4 {
        let decision = limiter.check(&quota, "u:1").await;
        assert_eq!(
            (decision.allowed, decision.remaining, decision.retry_after),
            (true, 4 - n, Duration::ZERO)
        );
        assert!(just_below(decision.reset, interval * n));
    }
    let refused = limiter.check(&quota, "u:1").await;
    assert_eq!((refused.allowed, refused.remaining), (false, 0));
    assert!(just_below(refused.retry_after, interval));
    assert!(just_below(refused.reset, HOUR));
    assert!(
        (841..=900).contains(&refused.retry_after_secs()) && (3_541..=3_600).contains(&refused.reset_secs())
    );
}

#[tokio::test]
async fn what_was_spent_comes_back_with_time() {
    // One every 10 µs: by the next round trip to Redis it is there again.
    let quota = Quota { name: "fast", requests: 2, per: Duration::from_micros(20), batch: 1 };
    let limiter = Limiter::new(redis(), 1);
    for _ in 0..50 {
        assert!(limiter.check(&quota, "u:1").await.allowed);
    }
}

#[tokio::test]
async fn identities_and_quotas_do_not_share() {
    let limiter = Limiter::new(redis(), 1);
    let one = quota(1, 1);
    for identity in ["u:1", "u:2", "a:203.0.113.9"] {
        assert!(limiter.check(&one, identity).await.allowed);
        assert!(!limiter.check(&one, identity).await.allowed);
    }
    assert!(limiter.check(&Quota { name: "other", ..one }, "u:1").await.allowed);
}

#[tokio::test]
async fn a_factor_multiplies_the_quota() {
    let limiter = Limiter::new(redis(), 3);
    let decisions = check_many(&limiter, &quota(5, 1), 40).await;
    assert_eq!((allowed(&decisions), decisions[0].limit), (15, 15));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_each_instance_still_bounds() {
    let limiter = Limiter::new(nowhere(), 1);
    let decisions = check_many(&limiter, &quota(20, 10), 60).await;
    assert_eq!(allowed(&decisions), 20);
    let refused = decisions.iter().find(|d| !d.allowed).unwrap();
    assert!(refused.retry_after > Duration::ZERO && refused.retry_after <= HOUR / 20);
    assert!(refused.reset <= HOUR && refused.remaining == 0);
    assert!(limiter.check(&quota(20, 10), "u:2").await.allowed, "identities do not share here either");
}

#[tokio::test]
async fn a_redis_that_is_away_is_soon_not_asked_any_more() {
    let cache = nowhere();
    let mut asked = 0;
    while !matches!(cache.ping().await.unwrap_err(), CacheError::Open) {
        asked += 1;
        assert!(asked <= 3, "it is still asked");
    }
    assert_eq!((asked, cache.status().state), (3, State::Open));
    let start = std::time::Instant::now();
    for _ in 0..1_000 {
        assert!(matches!(cache.get("x").await, Err(CacheError::Open)));
    }
    assert!(start.elapsed() < Duration::from_millis(200), "a thousand calls take no longer than one used to");
}

#[tokio::test]
async fn values_live_in_their_namespace_and_for_their_time() {
    let (ours, theirs) = (redis(), redis());
    ours.put("milk", b"fresh \x00\xff", HOUR).await.unwrap();
    assert_eq!(ours.get("milk").await.unwrap().as_deref(), Some(&b"fresh \x00\xff"[..]));
    assert_eq!(ours.get("bread").await.unwrap(), None);
    assert_eq!(theirs.get("milk").await.unwrap(), None);
    theirs.put("milk", b"sour", HOUR).await.unwrap();
    assert_eq!(ours.get("milk").await.unwrap().as_deref(), Some(&b"fresh \x00\xff"[..]));

    let mut raw = raw(&testkit::redis_url()).await;
    let key = ours.key("milk");
    assert!(key.ends_with(":milk"));
    let ttl: u64 = redis::cmd("PTTL").arg(key).query_async(&mut raw).await.unwrap();
    assert!((3_540_000..=3_600_000).contains(&ttl), "{ttl}");
}

async fn raw(url: &str) -> redis::aio::MultiplexedConnection {
    redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

#[tokio::test]
async fn connections_that_redis_closed_are_replaced() {
    // A database of Redis of its own tells this test's connections from everybody else's.
    let cache = at(&format!("{}/11", testkit::redis_url()), Duration::from_secs(5));
    cache.put("milk", b"fresh", HOUR).await.unwrap();
    let mut raw = raw(&testkit::redis_url()).await;
    let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut raw).await.unwrap();
    let ours: Vec<&str> = clients
        .lines()
        .filter(|line| line.contains(" db=11 "))
        .filter_map(|line| line.split(' ').find_map(|field| field.strip_prefix("id=")))
        .collect();
    assert_eq!(ours.len(), 1, "{clients}");
    for id in ours {
        let _: i64 = redis::cmd("CLIENT").arg("KILL").arg("ID").arg(id).query_async(&mut raw).await.unwrap();
    }
    // The call that meets the dead connection may fail; it takes the connection with it.
    let met = cache.get("milk").await;
    assert!(matches!(met, Ok(Some(_)) | Err(CacheError::Redis(_))), "{met:?}");
    assert_eq!(cache.get("milk").await.unwrap().as_deref(), Some(&b"fresh"[..]));
    assert_eq!(cache.status().state, State::Closed);
}

#[tokio::test]
async fn a_script_that_redis_refuses_is_no_reason_to_stop_asking() {
    let cache = redis();
    let script = crate::Script::new("return redis.call('NOSUCH')");
    for _ in 0..5 {
        let refused = cache.script::<String>(&script.prepare_invoke()).await;
        assert!(matches!(refused, Err(CacheError::Redis(_))), "{refused:?}");
    }
    assert_eq!(cache.status().state, State::Closed);
    cache.ping().await.unwrap();
}

#[test]
fn each_thread_asks_on_a_connection_of_its_own() {
    let (cache, together) = (redis(), std::sync::Barrier::new(2));
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    for _ in 0..10 {
                        cache.ping().await.unwrap();
                    }
                });
                together.wait();
                assert_eq!(cache.status().connections, 2);
                together.wait();
            });
        }
    });
}
