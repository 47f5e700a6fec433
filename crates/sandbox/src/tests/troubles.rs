//! What goes wrong on command.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{CARD_29_99, Stand, id_of, read};
use crate::{Fault, Trouble, WebhookTrouble, tests::receiver::Receiver};

fn once(what: Trouble) -> Vec<Fault> {
    vec![Fault { method: Some("POST".to_owned()), path: "/v1/payment_intents".to_owned(), what, times: 1 }]
}

#[tokio::test]
async fn an_answer_is_lost_after_the_work_was_done() {
    let stand = Stand::start();
    for (trouble, made) in [(Trouble::Lost, 1), (Trouble::Confused, 2), (Trouble::Status { status: 500 }, 2)]
    {
        stand.sandbox.troubles(once(trouble.clone()));
        let answer = stand.post("/v1/payment_intents", &CARD_29_99).send().await;
        let read = match answer {
            Ok(answer) => answer.json::<serde_json::Value>().await.ok(),
            Err(_) => None,
        };
        assert_eq!(read.is_some(), matches!(trouble, Trouble::Status { .. }), "{trouble:?}");
        assert_eq!(stand.sandbox.intents().len(), made, "{trouble:?}");
    }
    stand.intent().await;
}

#[tokio::test]
async fn an_answer_comes_late() {
    let stand = Stand::start();
    let late = json!({ "faults": [{ "path": "/v1/", "what": "delay", "ms": 200, "times": 1 }] });
    let put = stand.http.put(stand.url("/control/faults")).json(&late);
    assert_eq!(put.send().await.unwrap().status(), 204);
    let begun = Instant::now();
    stand.intent().await;
    assert!(begun.elapsed() >= Duration::from_millis(200));
    let (_, left) = read(stand.http.get(stand.url("/control/faults"))).await;
    assert_eq!(left["faults"][0]["times"], 0);
}

#[tokio::test]
async fn webhooks_come_twice_or_never() {
    let stand = Stand::start();
    let receiver = Receiver::start(&[]);
    stand.webhooks(Some(&receiver.url), false).await;
    stand.sandbox.troubles_webhooks(WebhookTrouble { lost: true, ..WebhookTrouble::default() });
    stand.intent().await;
    stand.sandbox.troubles_webhooks(WebhookTrouble { copies: 1, spread_ms: 20, ..WebhookTrouble::default() });
    let heard_of = stand.intent().await;
    for webhook in receiver.wait_for(2).await {
        assert_eq!(webhook.event["data"]["object"]["id"], id_of(&heard_of));
    }
}
