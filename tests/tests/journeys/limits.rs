//! Rate limits: counted by user and by address, and told of.

use std::time::Instant;

use journeys::{Answer, Shop, Visitor};
use serde_json::json;

/// Asks until it is told to wait: how often it was answered, and the refusal.
async fn asks_until_limited(mut ask: impl AsyncFnMut() -> Answer) -> (u128, Answer) {
    for answered in 0.. {
        let answer = ask().await;
        if answer.status == 429 {
            return (answered, answer);
        }
        assert!(answered < 1_000, "never limited");
    }
    unreachable!()
}

/// Signing in: 30 a minute and address.
async fn knocks_until_limited(visitor: &Visitor) -> (u128, Answer) {
    let none = json!({ "refreshToken": "none" });
    asks_until_limited(async || visitor.post("/api/auth/refresh", &none).await).await
}

#[tokio::test]
async fn a_hundred_requests_a_minute_and_then_no_more() {
    let shop = Shop::setting("RATE_LIMITS", "on").open().await;
    let (ada, bo) = (shop.customer().await, shop.customer().await);
    let first = ada.visitor().get("/api/me/cart").await.with_status(200);
    assert_eq!(first.number("ratelimit-limit"), 100);
    assert!(first.number("ratelimit-remaining") < 100 && first.number("ratelimit-reset") >= 1);

    let started = Instant::now();
    let (answered, refused) = asks_until_limited(async || ada.visitor().get("/api/me/cart").await).await;

    // What drips back while we ask: one in 600 ms. Some were spent on signing up.
    let dripped = started.elapsed().as_millis() / 600 + 1;
    assert!((90..=100 + dripped).contains(&answered), "{answered} with {dripped} dripped");
    assert_eq!(refused.refusal(), (429, "RATE_LIMITED".to_owned()));
    assert!(!refused.message().is_empty());
    assert!(refused.number("retry-after") >= 1 && refused.number("ratelimit-reset") >= 30);
    assert_eq!((refused.number("ratelimit-limit"), refused.number("ratelimit-remaining")), (100, 0));
    // Another user at the same address, and what is not counted, are served.
    bo.visitor().get("/api/me/cart").await.with_status(200);
    for _ in 0..150 {
        shop.guest().get("/health").await.with_status(200);
    }
}

#[tokio::test]
async fn orders_are_counted_by_themselves() {
    let shop = Shop::setting("RATE_LIMITS", "on").open().await;
    let ada = shop.customer().await;
    let started = Instant::now();
    let (answered, refused) = asks_until_limited(async || ada.orders().await).await;
    let dripped = started.elapsed().as_millis() / 6_000 + 1;
    assert!((10..=10 + dripped).contains(&answered), "{answered}");
    assert_eq!(refused.number("ratelimit-limit"), 10);
    ada.visitor().get("/api/me/cart").await.with_status(200);
}

#[tokio::test]
async fn a_claimed_address_is_not_believed() {
    let shop = Shop::setting("RATE_LIMITS", "on").open().await;
    let mut claimed = 0;
    let none = json!({ "refreshToken": "none" });
    let (answered, _) = asks_until_limited(async || {
        claimed += 1;
        let liar = shop.guest().with("x-forwarded-for", format!("10.0.0.{claimed}"));
        liar.with("forwarded", format!("for=10.0.0.{claimed}")).post("/api/auth/refresh", &none).await
    })
    .await;
    assert!((30..40).contains(&answered), "{answered}");
}

#[tokio::test]
async fn behind_a_proxy_of_ours_the_address_that_it_saw_counts() {
    let shop = Shop::setting("RATE_LIMITS", "on").setting("TRUSTED_PROXIES", "1").open().await;
    let at = |hops: &str| shop.guest().with("x-forwarded-for", hops);
    let (answered, _) = knocks_until_limited(&at("203.0.113.1")).await;
    assert!((30..40).contains(&answered), "{answered}");
    let none = json!({ "refreshToken": "none" });
    at("203.0.113.2").post("/api/auth/refresh", &none).await.with_status(401);
    // What the caller wrote itself, left of what the proxy saw, changes nothing.
    at("203.0.113.3, 203.0.113.1").post("/api/auth/refresh", &none).await.with_status(429);
    at("203.0.113.1, 203.0.113.3").post("/api/auth/refresh", &none).await.with_status(401);
}

#[tokio::test]
async fn limits_hold_over_two_gateways_that_share_a_redis() {
    let namespace = testkit::unique("shared");
    let open = || Shop::setting("RATE_LIMITS", "on").setting("REDIS_NAMESPACE", &namespace).open();
    let (one, two) = futures_util::future::join(open(), open()).await;
    let (answered, _) = knocks_until_limited(&one.guest()).await;
    assert!((30..40).contains(&answered), "{answered}");
    let none = json!({ "refreshToken": "none" });
    two.guest().post("/api/auth/refresh", &none).await.with_status(429);
}
