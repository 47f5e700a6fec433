//! Starting and stopping: what an operator meets.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use journeys::{Gateway, Setup, Shop, eventually};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_terminated_gateway_drains_ends_what_is_under_way_and_exits_with_0() {
    let mut shop = Shop::setting("SHUTDOWN_DRAIN_SECONDS", "2").open().await;
    let body = json!({ "phoneNumber": shop.phone(), "userType": "individual" }).to_string();
    let (begin, rest) = body.split_at(10);
    let mut slow = TcpStream::connect(("127.0.0.1", shop.gateway.port())).unwrap();
    write!(
        slow,
        "POST /api/auth/send-otp HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{begin}",
        body.len(),
    )
    .unwrap();

    shop.gateway.terminate();

    let guest = shop.guest();
    eventually("it says that it is draining", async || {
        let ready = guest.get("/health/ready").await;
        (ready.status == 503).then(|| assert_eq!(ready.json()["error"]["params"]["status"], "draining"))
    })
    .await;
    guest.get("/api/products").await.with_status(200);
    eventually("connections are refused", async || {
        guest.try_to(Method::GET, "/health", None).await.err().filter(reqwest::Error::is_connect)
    })
    .await;
    slow.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    let ended = shop.gateway.ended().await;
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn everything_that_is_wrong_with_the_configuration_is_told_in_one_message() {
    let mut gateway = Gateway::with(&[
        ("APP_ENV", "test"),
        ("REDIS_URL", "http://localhost"),
        ("DATABASE_POOL_SIZE", "many"),
        ("RATE_LIMITS", "some"),
        ("STRIPE_SECRET_KEY", "sk_test_1"),
        ("STRIPE_PUBLISHABLE_KEY", "pk_test_1"),
        ("STRIPE_WEBHOOK_SECRET", "a,b,c"),
        ("OTP_PEPPER", "the-short-pepper"),
        ("CORS_ORIGINS", "https://*.example.pl"),
        ("STRIPE_API_BASE", "http://127.0.0.1:1/v1"),
        ("RUST_LOG", "shop=loud"),
        ("SENTRY_DSN", "https://the-sentry-key@sentry.example"),
    ]);
    for command in [["serve"].as_slice(), &["check-config"]] {
        let ended = gateway.command(command).await;
        assert_eq!(ended.code, Some(2), "{}", ended.errors);
        for name in [
            "DATABASE_URL",
            "REDIS_URL",
            "DATABASE_POOL_SIZE",
            "RATE_LIMITS",
            "STRIPE_WEBHOOK_SECRET",
            "OTP_PEPPER",
            "CORS_ORIGINS",
            "STRIPE_API_BASE",
            "RUST_LOG",
            "SENTRY_DSN",
        ] {
            assert!(ended.errors.contains(&format!("- {name} ")), "{name} in {}", ended.errors);
        }
        for secret in ["the-short-pepper", "the-sentry-key"] {
            assert!(!ended.errors.contains(secret), "a secret in {}", ended.errors);
        }
        assert_eq!(ended.errors.matches("the configuration cannot be used").count(), 1, "{}", ended.errors);
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_not_waited_for() {
    let mut shop = Setup::default().prepare(|_| "postgres://127.0.0.1:port/shop".to_owned()).await;
    let asked = Instant::now();
    let ended = shop.gateway.command(&["serve"]).await;
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(ended.errors.contains("- DATABASE_URL "), "{}", ended.errors);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_gateway_without_postgresql_gives_up_after_half_a_minute_and_says_why() {
    let nobody = journeys::free_port();
    let mut shop = Setup::default().prepare(|_| format!("postgres://shop@127.0.0.1:{nobody}/shop")).await;
    shop.gateway.spawn();
    let ended = shop.gateway.ended_within(Duration::from_secs(45)).await;
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(ended.errors.starts_with("PostgreSQL did not answer for 30 s: "), "{}", ended.errors);
}

#[tokio::test]
async fn production_refuses_what_is_for_development() {
    let mut gateway = Gateway::with(&[
        ("APP_ENV", "production"),
        ("DATABASE_URL", "postgres://127.0.0.1:1/none"),
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("STRIPE_API_BASE", "http://127.0.0.1:1"),
        ("STRIPE_SECRET_KEY", "sk_test_1"),
        ("STRIPE_PUBLISHABLE_KEY", "pk_test_1"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_1"),
        ("SMS_PROVIDER", "mailbox"),
        ("RATE_LIMITS", "off"),
    ]);
    let ended = gateway.command(&["serve"]).await;
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    for name in
        ["SMS_PROVIDER", "RATE_LIMITS", "STRIPE_API_BASE", "JWT_SIGNING_KEYS", "OTP_PEPPER", "MEDIA_STORE"]
    {
        assert!(ended.errors.contains(&format!("- {name} ")), "{name} in {}", ended.errors);
    }
}

#[tokio::test]
async fn a_database_that_is_behind_is_refused_until_it_is_migrated() {
    let mut name = String::new();
    let mut shop = Setup::default()
        .prepare(|url| {
            let (server, known) = url.rsplit_once('/').unwrap();
            name = format!("{known}_empty");
            format!("{server}/{name}")
        })
        .await;
    shop.db.exec(&format!("create database {name}")).await;

    let ended = shop.gateway.command(&["serve"]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(ended.errors.contains("`metropolitan migrate`"), "{}", ended.errors);

    for _ in 0..2 {
        assert_eq!(shop.gateway.command(&["migrate"]).await.code, Some(0));
    }
    shop.gateway.start().await;
    assert_eq!(shop.guest().get("/api/products").await.data(), json!([]));
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let shop = Shop::open().await;
    let mut second = Setup::default()
        .setting("HTTP_ADDR", format!("127.0.0.1:{}", shop.gateway.port()))
        .prepare(str::to_owned)
        .await;
    let ended = second.gateway.command(&["serve"]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(ended.errors.contains(&shop.gateway.port().to_string()), "{}", ended.errors);
}
