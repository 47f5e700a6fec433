//! Webhooks: signed, repeated until taken, pausable.

use super::receiver::Receiver;
use super::{Stand, eventually, id_of, read};
use crate::Options;

fn sending_to(receiver: &Receiver) -> Stand {
    Stand::with(Options { webhook_url: Some(receiver.url.clone()), ..Options::default() })
}

#[tokio::test]
async fn what_happens_to_an_intent_is_told_with_a_valid_signature() {
    let receiver = Receiver::start(&[]);
    let stand = sending_to(&receiver);
    let intent = stand.intent().await;
    let (status, paid) = stand.control(&format!("payment_intents/{}/succeed", id_of(&intent))).await;
    assert_eq!((status, &paid["status"]), (200, &"succeeded".into()));

    let mut got = receiver.wait_for(2).await;
    got.sort_by_key(|webhook| webhook.kind().to_owned());
    assert_eq!(got[0].kind(), "payment_intent.created");
    assert_eq!(got[1].kind(), "payment_intent.succeeded");
    assert_eq!(got[1].event["data"]["object"], paid);
    assert!(got.iter().all(super::receiver::Got::is_signed));
}

#[tokio::test]
async fn an_endpoint_gets_the_kinds_of_events_that_it_wants() {
    let receiver = Receiver::start(&[]);
    let enabled_events = vec!["payment_intent.succeeded".to_owned()];
    let options = Options { enabled_events, webhook_url: Some(receiver.url.clone()), ..Options::default() };
    let stand = Stand::with(options);
    let intent = stand.intent().await;
    stand.control(&format!("payment_intents/{}/succeed", id_of(&intent))).await;

    assert_eq!(receiver.wait_for(1).await[0].kind(), "payment_intent.succeeded");
    let deliveries = stand.deliveries().await;
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
}

#[tokio::test]
async fn a_commanded_decline_is_told_with_its_code() {
    let receiver = Receiver::start(&[]);
    let stand = sending_to(&receiver);
    let intent = stand.intent().await;
    let fail = stand.http.post(stand.url(&format!("/control/payment_intents/{}/fail", id_of(&intent))));
    let (status, _) = read(fail.json(&serde_json::json!({ "code": "expired_card" }))).await;
    assert_eq!(status, 200);

    let got = receiver.wait_for(2).await;
    let failed = got.iter().find(|webhook| webhook.kind() == "payment_intent.payment_failed").unwrap();
    assert_eq!(failed.event["data"]["object"]["last_payment_error"]["code"], "expired_card");
}

#[tokio::test]
async fn a_refused_webhook_comes_again_until_it_is_taken() {
    let receiver = Receiver::start(&[500, 302]);
    let stand = sending_to(&receiver);
    stand.intent().await;

    let got = receiver.wait_for(3).await;
    assert!(got.iter().all(|webhook| webhook.event["id"] == got[0].event["id"] && webhook.is_signed()));
    let delivery = eventually(async || {
        stand.deliveries().await.pop().filter(|delivery| delivery["progress"] == "delivered")
    })
    .await;
    assert_eq!((&delivery["attempts"], &delivery["last_status"]), (&3.into(), &200.into()));
}

#[tokio::test]
async fn paused_webhooks_wait_and_go_when_resumed() {
    let receiver = Receiver::start(&[]);
    let stand = Stand::start();
    stand.webhooks(Some(&receiver.url), true).await;
    stand.intent().await;

    assert_eq!(stand.deliveries().await[0]["progress"], "pending");
    assert!(receiver.got().is_empty());
    stand.webhooks(Some(&receiver.url), false).await;
    assert_eq!(receiver.wait_for(1).await[0].kind(), "payment_intent.created");
}

#[tokio::test]
async fn an_event_can_be_sent_again() {
    let receiver = Receiver::start(&[]);
    let stand = sending_to(&receiver);
    stand.intent().await;
    let first = receiver.wait_for(1).await;

    let event = id_of(&first[0].event);
    assert_eq!(stand.control(&format!("webhooks/resend/{event}")).await.0, 200);
    let got = receiver.wait_for(2).await;
    assert_eq!(got[1].event, got[0].event);
    assert_eq!(stand.control("webhooks/resend/evt_none").await.0, 404);
}

#[tokio::test]
async fn one_that_is_refused_holds_up_no_other() {
    let receiver = Receiver::start(&[500; 3]);
    let stand = sending_to(&receiver);
    for _ in 0..5 {
        stand.intent().await;
    }
    let delivered = async || {
        let done = stand.deliveries().await.iter().filter(|d| d["progress"] == "delivered").count();
        (done == 5).then_some(())
    };
    eventually(delivered).await;
    assert_eq!(receiver.got().len(), 8);
}
