//! PostgreSQL or Redis goes away and comes back; nobody waits for long and nothing stays broken.

use std::time::{Duration, Instant};

use journeys::{Answer, Customer, Goods, Product, Proxy, Redis, Setup, Shop, Visitor, eventually};
use serde_json::json;

/// Nobody waits longer than this, whatever is away.
const BOUND: Duration = Duration::from_secs(10);

#[tokio::test]
async fn without_redis_the_shop_goes_on() {
    let mut redis = Redis::start().await;
    let shop = Shop::setting("REDIS_URL", redis.url()).open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    shop.lists(&yoghurt).await;
    let ready = shop.guest().get("/health/ready").await.data();
    assert_eq!(ready, json!({ "status": "ok", "postgres": "ok", "redis": "ok" }));
    let ada = shop.customer().await;

    redis.stop();

    for customer in [ada, shop.customer().await] {
        let listed = customer.visitor().get("/api/products").await.data();
        assert_eq!(listed[0]["name"], yoghurt.name_in("en"));
        for path in ["/api/products/categories", "/api/products?q=yog", "/api/products/suggestions?q=yog"] {
            customer.visitor().get(path).await.with_status(200);
        }
        let detail = format!("/api/products/{}", yoghurt.id);
        assert_eq!(customer.visitor().get(&detail).await.data()["price"], listed[0]["price"]);
        customer.adds(&yoghurt, 4).await.with_status(200);
        let placed = customer.places_an_order().await;
        shop.stripe.succeed(&placed.intent);
        customer.sees_payment("succeeded", &placed).await;
    }
    let ready = shop.guest().get("/health/ready").await.data();
    assert_eq!(ready, json!({ "status": "ok", "postgres": "ok", "redis": "degraded" }));

    redis.start_again().await;
    let back = Instant::now();
    eventually("Redis is used again", async || {
        let ready = shop.guest().get("/health/ready").await.data();
        (ready["redis"] == "ok").then_some(())
    })
    .await;
    assert!(back.elapsed() < BOUND);
    shop.customer().await.adds(&yoghurt, 1).await.with_status(200);
    shop.is_sound().await;
}

#[tokio::test]
async fn without_redis_requests_are_still_limited() {
    let mut redis = Redis::start().await;
    let shop = Shop::setting("REDIS_URL", redis.url()).setting("RATE_LIMITS", "on").open().await;
    redis.stop();
    let bad = json!({ "refreshToken": "none" });
    let limited = async || shop.guest().post("/api/auth/refresh", &bad).await.status == 429;
    let mut asked = 0;
    while !limited().await {
        asked += 1;
        assert!(asked < 200, "still not limited");
    }
}

#[tokio::test]
async fn while_postgresql_is_away_requests_are_told_to_come_again() {
    let (shop, way) = Shop::behind_a_proxy().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);

    way.cut();

    // What is in memory is shown for less than a second more.
    eventually("the list is too old to be shown", async || {
        (shop.guest().get("/api/products").await.status == 503).then_some(())
    })
    .await;
    let everything = futures_util::future::join(Visit::of(&ada, &yoghurt).all(), ready(&shop)).await;
    let (answers, health) = everything;
    for (what, answer, took) in answers {
        assert_eq!(answer.refusal(), (503, "UNAVAILABLE".to_owned()), "{what}");
        assert!(answer.number("retry-after") >= 1, "{what}");
        assert!(took < BOUND, "{what}: {took:?}");
    }
    assert_eq!(health.refusal(), (503, "UNAVAILABLE".to_owned()));
    let told = json!({ "status": "unavailable", "postgres": "unavailable", "redis": "ok" });
    assert_eq!((&health.json()["error"]["params"], health.number("retry-after") >= 1), (&told, true));
    assert_eq!(shop.guest().get("/health").await.status, 200, "the process itself is well");

    way.mend();
    let back = Instant::now();
    eventually("the shop is back", async || (ready(&shop).await.status == 200).then_some(())).await;
    let placed = eventually("an order can be placed again", async || {
        let answer = ada.orders_under("once").await;
        (answer.status == 201).then(|| journeys::Placed::of(&answer.data()))
    })
    .await;
    assert!(back.elapsed() < BOUND, "{:?}", back.elapsed());
    shop.stripe.succeed(&placed.intent);
    ada.sees_payment("succeeded", &placed).await;
    ada.sees_an_empty_cart().await;
    shop.customer().await;
    assert_eq!(shop.count("orders.orders").await, 1);
    shop.is_sound().await;
}

#[tokio::test]
async fn a_gateway_waits_for_postgresql_at_its_start() {
    let mut way = None;
    let mut shop = Setup::default()
        .prepare(|url| {
            let proxy = Proxy::before(url);
            proxy.cut();
            let through = proxy.url(url);
            way = Some(proxy);
            through
        })
        .await;
    shop.gateway.spawn();

    eventually("it has asked several times", async || {
        (shop.gateway.log().matches("PostgreSQL does not answer yet").count() >= 2).then_some(())
    })
    .await;
    assert!(shop.gateway.is_running());
    let way = way.unwrap();
    way.mend();

    eventually("it serves", async || {
        let asked = shop.guest().try_to(reqwest::Method::GET, "/health/ready", None).await;
        asked.ok().filter(|answer| answer.status == 200)
    })
    .await;
}

async fn ready(shop: &Shop) -> Answer {
    shop.guest().get("/health/ready").await
}

/// What a customer does on a visit, all at once.
struct Visit<'a> {
    ada: &'a Customer,
    yoghurt: &'a Product,
}

impl<'a> Visit<'a> {
    fn of(ada: &'a Customer, yoghurt: &'a Product) -> Self {
        Self { ada, yoghurt }
    }

    async fn all(&self) -> Vec<(&'static str, Answer, Duration)> {
        let visitor: &Visitor = self.ada.visitor();
        let phone = json!({ "phoneNumber": "+48509999999", "userType": "individual" });
        let product = format!("/api/products/{}?lang=pl", self.yoghurt.id);
        let asked: [(_, futures_util::future::LocalBoxFuture<'_, Answer>); 7] = [
            ("a product", Box::pin(visitor.get(&product))),
            ("the list", Box::pin(visitor.get("/api/products?lang=pl&limit=7"))),
            ("the cart", Box::pin(visitor.get("/api/me/cart"))),
            ("an addition", Box::pin(self.ada.adds(self.yoghurt, 1))),
            ("an order", Box::pin(self.ada.orders_under("once"))),
            ("the account", Box::pin(visitor.get("/api/users/me"))),
            ("a code", Box::pin(visitor.post("/api/auth/send-otp", &phone))),
        ];
        let timed = asked.map(async |(what, asking)| {
            let started = Instant::now();
            (what, asking.await, started.elapsed())
        });
        futures_util::future::join_all(timed).await
    }
}
