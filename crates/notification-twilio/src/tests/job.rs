//! The job `notification.send_code` with this sender, on a real PostgreSQL.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use bus::{Runner, Subscriptions, publish, relay};
use chrono::TimeDelta;
use contracts::identity::CodeRequested;
use kernel::{Clock as _, FixedClock, Language, id::ChallengeId};
use notification::events::SendCode;
use sandbox::{
    Twilio,
    TwilioMood::{Refuses, TakesAndHangsUp},
};
use testkit::TestDb;
use tracing_subscriber::fmt::MakeWriter;

use super::{ACCOUNT, PHONE, TOKEN, hasty, methods, twilio};

const CODE: &str = "482913";

struct Shop {
    db: TestDb,
    clock: Arc<FixedClock>,
    twilio: Twilio,
}

impl Shop {
    async fn open() -> Self {
        Self { db: TestDb::new().await, clock: Arc::new(testkit::clock()), twilio: twilio() }
    }

    async fn ask_for_code(&self, language: Language) {
        let now = self.clock.now();
        let event = CodeRequested {
            challenge_id: ChallengeId::generate(now),
            phone: PHONE.to_owned(),
            code: CODE.to_owned(),
            language,
            expires_in_minutes: 5,
        };
        let mut conn = self.db.db().conn().await.unwrap();
        publish(&mut conn, &event, now).await.unwrap();
        let subscriptions = Subscriptions::default().on::<CodeRequested, SendCode>();
        relay(&mut conn, &subscriptions, now, 10).await.unwrap();
    }

    async fn work(&self) {
        let sender = Arc::new(hasty(&self.twilio.base_url()));
        let runner = Runner::new(self.db.db(), self.clock.clone()).effect(SendCode::new(sender));
        runner.drain().await.unwrap();
    }

    async fn jobs(&self) -> i64 {
        self.db.number("select count(*) from platform.jobs").await
    }
}

/// What was logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_code_goes_out_in_the_recipients_language() {
    for (language, words) in
        [(Language::Tr, "onay kodunuz"), (Language::En, "your code is"), (Language::Pl, "kod do logowania")]
    {
        let shop = Shop::open().await;
        shop.ask_for_code(language).await;
        shop.work().await;
        let [message] = shop.twilio.messages().try_into().unwrap();
        assert!(message.to == PHONE && message.body.contains(words) && message.body.contains(CODE));
        assert_eq!(shop.jobs().await, 0);
    }
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_text() {
    let shop = Shop::open().await;
    shop.twilio.will(&[TakesAndHangsUp]);
    shop.ask_for_code(Language::Pl).await;
    shop.work().await;
    assert_eq!(shop.jobs().await, 1);

    shop.clock.advance(TimeDelta::seconds(2));
    shop.work().await;
    assert_eq!((shop.jobs().await, shop.twilio.messages().len()), (0, 1));
    assert_eq!(methods(&shop.twilio), ["POST", "GET"]);
}

#[tokio::test]
async fn a_number_that_gets_no_texts_ends_the_job() {
    let shop = Shop::open().await;
    shop.twilio.will(&[Refuses(400, 21_614)]);
    shop.ask_for_code(Language::Pl).await;
    shop.work().await;
    assert_eq!((shop.jobs().await, shop.twilio.messages().len()), (0, 0));
}

#[tokio::test]
async fn wrong_settings_are_an_error_in_the_log_each_time_until_they_are_mended() {
    let shop = Shop::open().await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let told = tracing::subscriber::set_default(subscriber);
    shop.twilio.will(&[Refuses(400, 21_606), Refuses(401, 20_003)]);
    shop.ask_for_code(Language::Pl).await;
    for _ in 0..3 {
        shop.work().await;
        shop.clock.advance(TimeDelta::seconds(5));
    }
    drop(told);
    assert_eq!((shop.jobs().await, shop.twilio.messages().len()), (0, 1));
    let text = log.text();
    let errors: Vec<_> = text.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(errors.len() == 2 && errors[0].contains("21606") && errors[1].contains("20003"), "{text}");
}

#[tokio::test]
async fn no_number_code_text_or_token_is_in_any_log_or_in_what_is_kept_of_a_failure() {
    let shop = Shop::open().await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let told = tracing::subscriber::set_default(subscriber);
    shop.twilio.will(&[Refuses(429, 20_429), Refuses(400, 21_606), TakesAndHangsUp]);
    shop.ask_for_code(Language::Pl).await;
    let mut kept = Vec::new();
    for _ in 0..2 {
        shop.work().await;
        kept.extend(shop.db.lines("select last_error from platform.jobs").await);
        shop.clock.advance(TimeDelta::seconds(5));
    }
    shop.twilio.undelivered(30_003);
    shop.work().await;
    drop(told);
    assert_eq!(shop.jobs().await, 0);
    let text = log.text() + &kept.join("\n");
    for known in ["21606", "perhaps it was taken", "was refused"] {
        assert!(text.contains(known), "{known} in {text}");
    }
    let basic = shop.twilio.requests()[0].authorization.clone();
    for secret in [CODE, PHONE, &PHONE[1..], "501502503", "kod do logowania", TOKEN, ACCOUNT, &basic[6..]] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
