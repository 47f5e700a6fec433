//! The provider's events: whom to believe, what is stored, what is worked on.

use bus::{Effect as _, JobError, Runner};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::Clock as _;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{WebhookSecrets, jobs::EventToWork};
use crate::{
    PaymentError, PaymentStatus, SweepInbox, WorkEvent,
    ports::{Intent, IntentStatus},
    tests::{House, Mood, at},
};

const BODY: &[u8] = br#"{"id":"evt_1"}"#;

fn secrets() -> WebhookSecrets {
    WebhookSecrets::parse("whsec_current,whsec_previous").unwrap()
}

/// The moment the tests' clock stands at.
fn now() -> DateTime<Utc> {
    testkit::clock().now()
}

/// `v1` of a body that was signed so many seconds from now.
pub(crate) fn sign(secret: &str, seconds: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update((now().timestamp() + seconds).to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

pub(crate) fn event(id: &str, intent: &str) -> Value {
    let object = json!({ "object": "payment_intent", "id": intent, "amount": 31_500, "status": "succeeded" });
    json!({ "id": id, "type": "payment_intent.succeeded", "data": { "object": object } })
}

#[test]
fn a_signature_made_elsewhere_is_good() {
    // openssl dgst -sha256 -hmac whsec_current, over `1784714400.{"id":"evt_1"}`
    let header = "t=1784714400,v1=4f9ae5e2a2917441fbde3612f1b6b23f885d5a0d8119ac8b12b4ff6e8c1923da";
    assert!(secrets().verify(header, BODY, now()));
}

#[test]
fn only_a_fresh_signature_over_this_very_body_is_believed() {
    let t = |seconds: i64| (now().timestamp() + seconds).to_string();
    let good = |seconds| sign("whsec_current", seconds, BODY);
    let (now_t, v1) = (t(0), good(0));
    let longer = [BODY, b" "].concat();
    let zeros = "0".repeat(64);
    let cases: Vec<(&str, String, &[u8], bool)> = vec![
        ("the current secret", format!("t={now_t},v1={v1}"), BODY, true),
        ("the previous secret", format!("t={now_t},v1={}", sign("whsec_previous", 0, BODY)), BODY, true),
        ("the second of two", format!("t={now_t},v1={zeros},v1={v1}"), BODY, true),
        ("the first of two", format!("t={now_t},v1={v1},v1={zeros}"), BODY, true),
        ("beside an older scheme", format!("t={now_t},v1={v1},v0={zeros}"), BODY, true),
        ("beside garbage", format!("t={now_t},v1=xyz,v1={v1},huh"), BODY, true),
        ("in another order, with spaces", format!("v1={v1}, t={now_t}"), BODY, true),
        ("299 s old", format!("t={},v1={}", t(-299), good(-299)), BODY, true),
        ("299 s ahead", format!("t={},v1={}", t(299), good(299)), BODY, true),
        ("301 s old", format!("t={},v1={}", t(-301), good(-301)), BODY, false),
        ("301 s ahead", format!("t={},v1={}", t(301), good(301)), BODY, false),
        ("another time than was signed", format!("t={},v1={v1}", t(1)), BODY, false),
        ("a body one byte longer", format!("t={now_t},v1={v1}"), &longer, false),
        ("a body one byte shorter", format!("t={now_t},v1={v1}"), &BODY[1..], false),
        ("another secret", format!("t={now_t},v1={}", sign("whsec_other", 0, BODY)), BODY, false),
        ("no secret at all", format!("t={now_t},v1={}", sign("", 0, BODY)), BODY, false),
        ("two times", format!("t={now_t},t={now_t},v1={v1}"), BODY, false),
        ("no time", format!("v1={v1}"), BODY, false),
        ("a time that is none", format!("t=now,v1={v1}"), BODY, false),
        ("a time beyond all", format!("t={},v1={v1}", i64::MIN), BODY, false),
        ("no signature", format!("t={now_t}"), BODY, false),
        ("garbage", format!("t={now_t},v1=nothex"), BODY, false),
        ("half a signature", format!("t={now_t},v1={}", &v1[..32]), BODY, false),
        ("an empty signature", format!("t={now_t},v1="), BODY, false),
        ("the tenth of many", format!("t={now_t}{},v1={v1}", format!(",v1={zeros}").repeat(9)), BODY, true),
        ("beyond the tenth", format!("t={now_t}{},v1={v1}", format!(",v1={zeros}").repeat(10)), BODY, false),
        ("one byte too many", format!("t={now_t},v1={v1}00"), BODY, false),
        ("the older scheme alone", format!("t={now_t},v0={v1}"), BODY, false),
        ("nothing", String::new(), BODY, false),
    ];
    for (what, header, body, believed) in cases {
        assert_eq!(secrets().verify(&header, body, now()), believed, "{what}: {header}");
    }
}

#[test]
fn one_or_two_secrets_are_taken_and_none_is_shown() {
    for (text, count) in
        [("a", Some(1)), (" a , b ", Some(2)), ("a,", Some(1)), ("", None), (",", None), ("a,b,c", None)]
    {
        let shown = count.map(|n| format!("WebhookSecrets({n})"));
        assert_eq!(WebhookSecrets::parse(text).map(|s| format!("{s:?}")), shown, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_sent_a_hundred_times_is_stored_and_worked_on_once() {
    let house = House::new().await;
    let body = event("evt_1", "pi_1").to_string();
    let received = join_all((0..100).map(|_| house.payments.receive(body.as_bytes(), now()))).await;
    assert!(received.iter().all(Result::is_ok));
    assert_eq!((house.count("payments.inbox").await, house.count("platform.jobs").await), (1, 1));
}

#[tokio::test]
async fn what_is_no_event_is_not_stored() {
    let house = House::new().await;
    for body in
        ["", "{", "[]", "{}", r#"{"id":"evt_1"}"#, r#"{"id":1,"type":"x"}"#, r#"{"type":"x"}"#, "\u{fffd}"]
    {
        let refused = house.payments.receive(body.as_bytes(), now()).await;
        assert!(matches!(refused, Err(PaymentError::Event)), "{body}");
    }
    assert_eq!((house.count("payments.inbox").await, house.count("platform.jobs").await), (0, 0));
}

#[tokio::test]
async fn an_event_names_its_intent_directly_or_through_a_charge() {
    let house = House::new().await;
    let charge = json!({ "object": "charge", "id": "ch_1", "payment_intent": "pi_2" });
    for told in [
        event("evt_1", "pi_1"),
        json!({ "id": "evt_2", "type": "charge.refunded", "data": { "object": charge } }),
        json!({ "id": "evt_3", "type": "payout.paid", "data": { "object": { "object": "payout", "id": "po_1" } } }),
    ] {
        house.payments.receive(told.to_string().as_bytes(), now()).await.unwrap();
    }
    let known = house.db.lines("select event_id, intent_id from payments.inbox order by 1").await;
    assert_eq!(known, ["(evt_1,pi_1)", "(evt_2,pi_2)", "(evt_3,)"]);
}

#[test]
fn the_endpoint_at_the_provider_wants_what_is_worked_on() {
    let wanted: Vec<&str> = include_str!("../../webhook-events.txt").lines().collect();
    let worked_on: Vec<&str> =
        KINDS.into_iter().filter(|(_, is_work)| *is_work).map(|(kind, _)| kind).collect();
    assert_eq!(wanted, worked_on);
}

/// Kinds of events, and whether there is anything to ask about.
const KINDS: [(&str, bool); 13] = [
    ("payment_intent.succeeded", true),
    ("payment_intent.payment_failed", true),
    ("payment_intent.canceled", true),
    ("payment_intent.processing", true),
    ("payment_intent.requires_action", true),
    ("charge.refunded", true),
    ("refund.updated", true),
    ("refund.failed", true),
    ("charge.dispute.created", true),
    ("charge.dispute.closed", true),
    ("payment_intent.created", false),
    ("charge.succeeded", false),
    ("payout.paid", false),
];

#[tokio::test]
async fn every_event_is_kept_and_those_that_move_money_are_worked_on() {
    let house = House::new().await;
    for (kind, _) in KINDS {
        let mut told = event(kind, "pi_1");
        told["type"] = json!(kind);
        house.payments.receive(told.to_string().as_bytes(), now()).await.unwrap();
    }
    for (kind, worked_on) in KINDS {
        let job = house.count(&format!("platform.jobs where payload->>'event' = '{kind}'")).await;
        let waits =
            house.count(&format!("payments.inbox where event_id = '{kind}' and worked_at is null")).await;
        assert_eq!((job, waits), (i64::from(worked_on), i64::from(worked_on)), "{kind}");
    }
    assert_eq!(house.count("payments.inbox").await, 13);
}

#[tokio::test]
async fn only_what_the_provider_says_when_asked_is_believed() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    let runner = Runner::new(house.db.db(), house.clock.clone()).effect(WorkEvent(house.payments.clone()));
    let hear = async |id: &str, truth: Intent| {
        house.till.intents.lock().unwrap().values_mut().for_each(|known| known.clone_from(&truth));
        let told = event(id, &intent.id).to_string();
        house.payments.receive(told.as_bytes(), now()).await.unwrap();
        assert_eq!(runner.drain().await.unwrap(), 1);
        house.payment(request).await.status
    };
    assert_eq!(hear("evt_1", at(&intent, IntentStatus::Processing)).await, PaymentStatus::Processing);
    let cent =
        Intent { amount: 1, received: 1, currency: "usd".to_owned(), ..at(&intent, IntentStatus::Succeeded) };
    assert_eq!(hear("evt_2", cent).await, PaymentStatus::Processing);
    assert_eq!(house.told().await, [0, 0, 1]);
    assert_eq!(hear("evt_3", at(&intent, IntentStatus::Succeeded)).await, PaymentStatus::Succeeded);
    assert_eq!(house.told().await, [1, 0, 1]);
    assert_eq!(house.count("payments.inbox where worked_at is null").await, 0);
}

#[tokio::test]
async fn an_event_waits_for_a_provider_that_is_away() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    let told = event("evt_1", &intent.id).to_string();
    house.payments.receive(told.as_bytes(), now()).await.unwrap();
    house.till.set(&at(&intent, IntentStatus::Succeeded));
    let runner = Runner::new(house.db.db(), house.clock.clone()).effect(WorkEvent(house.payments.clone()));
    house.feel(Mood::Away);
    assert!(runner.run_effect().await.unwrap());
    assert_eq!(house.count("payments.inbox where worked_at is null").await, 1);
    house.feel(Mood::Good);
    house.clock.advance(TimeDelta::seconds(1));
    assert!(runner.run_effect().await.unwrap());
    assert_eq!(house.count("payments.inbox where worked_at is not null").await, 1);
    assert_eq!(house.payment(request).await.status, PaymentStatus::Succeeded);
}

#[tokio::test]
async fn an_event_about_no_intent_or_one_the_provider_does_not_know_is_worked_off() {
    let house = House::new().await;
    for (id, intent) in [("evt_1", None), ("evt_2", Some("pi_unheard_of".to_owned()))] {
        house.payments.receive(event(id, "pi_unheard_of").to_string().as_bytes(), now()).await.unwrap();
        let work = EventToWork { event: id.to_owned(), intent };
        WorkEvent(house.payments.clone()).perform(house.context(), work).await.unwrap();
    }
    assert_eq!(house.count("payments.inbox where worked_at is null").await, 0);
}

#[tokio::test]
async fn events_worked_on_a_month_ago_are_forgotten_and_no_others() {
    let house = House::new().await;
    let insert = "insert into payments.inbox (event_id, kind, payload, received_at, worked_at)";
    let at = |days: i64| (now() - TimeDelta::days(days)).to_rfc3339();
    let (old, kept) = (at(31), at(29));
    for rows in [
        format!("select 'old' || n, 'x', '{{}}', '{old}', '{old}' from generate_series(1, 1500) n"),
        format!("values ('waiting', 'x', '{{}}', '{old}', null), ('kept', 'x', '{{}}', '{old}', '{kept}')"),
    ] {
        house.db.exec(&format!("{insert} {rows}")).await;
    }
    SweepInbox(house.payments.clone()).perform(house.context(), ()).await.unwrap();
    let left = house.db.lines("select event_id from payments.inbox order by 1").await;
    assert_eq!(left, ["(kept)", "(waiting)"]);
}

#[tokio::test]
async fn another_refusal_of_the_provider_s_is_a_failure() {
    let house = House::new().await;
    house.payments.receive(event("evt_1", "pi_1").to_string().as_bytes(), now()).await.unwrap();
    house.feel(Mood::Refusing);
    let work = EventToWork { event: "evt_1".to_owned(), intent: Some("pi_1".to_owned()) };
    let failed = WorkEvent(house.payments.clone()).perform(house.context(), work).await;
    assert!(matches!(failed, Err(JobError::Failed(why)) if why.contains("amount_too_large")));
}

#[tokio::test]
async fn the_events_of_an_intent_are_worked_on_together_and_by_one() {
    let house = House::new().await;
    let (_, intent) = house.started().await;
    for id in ["evt_1", "evt_2", "evt_3"] {
        house.payments.receive(event(id, &intent.id).to_string().as_bytes(), now()).await.unwrap();
    }
    let work = |id: &str| EventToWork { event: id.to_owned(), intent: Some(intent.id.clone()) };
    // Somebody else is at it.
    let mut conn = house.payments.db.conn().await.unwrap();
    let claimed = super::store::claim_events(&mut conn, &intent.id, now(), now() + TimeDelta::seconds(40))
        .await
        .unwrap();
    assert_eq!(claimed.len(), 3);
    drop(conn);
    let busy = WorkEvent(house.payments.clone()).perform(house.context(), work("evt_1")).await;
    assert!(matches!(busy, Err(JobError::NotYet(_))));
    assert_eq!(*house.till.looks.lock().unwrap(), 0);
    // And died of it.
    house.clock.advance(TimeDelta::seconds(41));
    for id in ["evt_1", "evt_2", "evt_3"] {
        WorkEvent(house.payments.clone()).perform(house.context(), work(id)).await.unwrap();
    }
    assert_eq!(*house.till.looks.lock().unwrap(), 1, "one look is enough for all");
    assert_eq!(house.count("payments.inbox where worked_at is null").await, 0);
}
