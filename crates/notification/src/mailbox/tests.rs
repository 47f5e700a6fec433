//! From the event to the mailbox, against a real PostgreSQL.

use std::sync::Arc;

use actix_web::{App, middleware::from_fn, test, web::Data};
use async_trait::async_trait;
use bus::{Runner, Subscriptions, publish, relay};
use chrono::TimeDelta;
use contracts::identity::CodeRequested;
use kernel::{Clock, FixedClock, Language, Phone, id::ChallengeId, id::JobId};
use serde_json::{Value, json};
use testkit::TestDb;

use crate::{
    Mailbox,
    events::SendCode,
    http::dev_routes,
    ports::{Delivery, SmsError, SmsSender},
};

struct Shop {
    db: TestDb,
    clock: Arc<FixedClock>,
    mailbox: Mailbox,
}

impl Shop {
    async fn open() -> Self {
        let (db, clock) = (TestDb::new().await, Arc::new(testkit::clock()));
        let mailbox = Mailbox::new(db.db(), clock.clone());
        Self { db, clock, mailbox }
    }

    async fn ask_for_code(&self, code: &str) {
        let now = self.clock.now();
        let event = CodeRequested {
            challenge_id: ChallengeId::generate(now),
            phone: "+48501502503".to_owned(),
            code: code.to_owned(),
            language: Language::Pl,
            expires_in_minutes: 5,
        };
        let mut conn = self.db.db().conn().await.unwrap();
        publish(&mut conn, &event, now).await.unwrap();
        let subscriptions = Subscriptions::default().on::<CodeRequested, SendCode>();
        relay(&mut conn, &subscriptions, now, 10).await.unwrap();
    }

    async fn work(&self, sender: Arc<dyn SmsSender>) {
        let runner = Runner::new(self.db.db(), self.clock.clone()).effect(SendCode::new(sender));
        runner.drain().await.unwrap();
    }

    async fn count(&self, table: &str) -> i64 {
        self.db.number(&format!("select count(*) from {table}")).await
    }
}

fn phone() -> Phone {
    "+48501502503".parse().unwrap()
}

/// Answers always the same.
struct Provider(fn() -> Result<(), SmsError>);

#[async_trait]
impl SmsSender for Provider {
    async fn send(&self, _: &Phone, _: &str, _: Delivery) -> Result<(), SmsError> {
        (self.0)()
    }
}

#[actix_web::test]
async fn a_code_that_was_asked_for_lies_in_the_mailbox_newest_first() {
    let shop = Shop::open().await;
    shop.ask_for_code("111111").await;
    shop.work(Arc::new(shop.mailbox.clone())).await;
    shop.ask_for_code("222222").await;
    shop.work(Arc::new(shop.mailbox.clone())).await;

    let app = test::init_service(
        App::new()
            .app_data(Data::new(shop.mailbox.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| dev_routes().mount(cfg)),
    )
    .await;
    // An unescaped plus is what people type.
    for to in ["%2B48501502503", "+48501502503"] {
        let request = test::TestRequest::get().uri(&format!("/dev/sms?to={to}")).to_request();
        let body: Value = test::call_and_read_body_json(&app, request).await;
        let texts: Vec<&str> =
            body["data"].as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap()).collect();
        assert!(texts.len() == 2 && texts[0].contains("222222") && texts[1].contains("111111"), "{texts:?}");
        assert_eq!(body["data"][0]["at"], "2026-07-22T10:00:00Z");
    }
    let request = test::TestRequest::get().uri("/dev/sms?to=48").to_request();
    let refused = test::call_service(&app, request).await;
    assert_eq!(refused.status(), 422);
    let body: Value = test::read_body_json(refused).await;
    assert_eq!(body["error"]["fields"][0]["field"], json!("to"));
}

#[tokio::test]
async fn a_job_that_runs_twice_sends_once() {
    let shop = Shop::open().await;
    let key = JobId::generate(shop.clock.now());
    for attempt in 1..=2 {
        shop.mailbox.send(&phone(), "text", Delivery { key, attempt }).await.unwrap();
    }
    assert_eq!(shop.mailbox.list(&phone()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_expired_code_is_not_sent_any_more() {
    let shop = Shop::open().await;
    shop.ask_for_code("111111").await;
    shop.clock.advance(TimeDelta::minutes(5));
    shop.work(Arc::new(shop.mailbox.clone())).await;
    assert_eq!(shop.count("notification.mailbox").await, 0);
    assert_eq!(shop.count("platform.jobs").await, 0);
}

#[tokio::test]
async fn a_provider_that_is_away_is_asked_again_one_that_refuses_is_not() {
    let shop = Shop::open().await;
    shop.ask_for_code("111111").await;
    shop.work(Arc::new(Provider(|| Err(SmsError::Unavailable("timeout".to_owned()))))).await;
    assert_eq!(shop.count("platform.jobs").await, 1);

    // Until a person has mended what is wrong with our settings.
    shop.clock.advance(TimeDelta::seconds(2));
    shop.work(Arc::new(Provider(|| Err(SmsError::Misconfigured { code: "20003".to_owned() })))).await;
    assert_eq!(shop.count("platform.jobs").await, 1);

    shop.clock.advance(TimeDelta::seconds(4));
    shop.work(Arc::new(Provider(|| Err(SmsError::Refused { code: "21211".to_owned() })))).await;
    assert_eq!(shop.count("platform.jobs").await, 0);
}
