//! One key, one effect.

use super::{CARD_29_99, Stand, id_of, read, send};

#[tokio::test]
async fn the_same_key_gets_the_first_answer_again() {
    let stand = Stand::start();
    let create = || stand.post("/v1/payment_intents", &CARD_29_99).header("idempotency-key", "pi:o1:1");

    let first = send(create()).await;
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let first = first.text().await.unwrap();
    let second = send(create()).await;

    assert_eq!(second.headers()["idempotent-replayed"], "true");
    assert_eq!(second.text().await.unwrap(), first);
    assert_eq!(stand.sandbox.intents().len(), 1);
}

#[tokio::test]
async fn the_same_key_with_other_parameters_is_refused() {
    let stand = Stand::start();
    let create = stand.post("/v1/payment_intents", &CARD_29_99).header("idempotency-key", "k");
    assert_eq!(read(create).await.0, 200);

    let other = [("amount", "3000"), ("currency", "pln")];
    let (status, answer) =
        read(stand.post("/v1/payment_intents", &other).header("idempotency-key", "k")).await;
    assert_eq!((status, &answer["error"]["type"]), (400, &"idempotency_error".into()));
    assert_eq!(stand.sandbox.intents().len(), 1);
}

#[tokio::test]
async fn many_at_once_with_one_key_make_one_intent() {
    let stand = Stand::start();
    let requests: Vec<_> = (0..16)
        .map(|_| {
            let create = stand.post("/v1/payment_intents", &CARD_29_99).header("idempotency-key", "k");
            tokio::spawn(read(create))
        })
        .collect();
    let mut ids = Vec::new();
    for request in requests {
        let (status, intent) = request.await.unwrap();
        assert_eq!(status, 200);
        ids.push(id_of(&intent).to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_refused_card_is_remembered_and_a_misspelt_request_is_not() {
    let stand = Stand::start();
    let intent = stand.intent().await;
    let confirm = format!("/v1/payment_intents/{}/confirm", id_of(&intent));

    let wrong = stand.post(&confirm, &[("payment_method", "pm_none")]).header("idempotency-key", "k");
    assert_eq!(read(wrong).await.0, 400);
    let declined = || {
        stand.post(&confirm, &[("payment_method", "pm_card_chargeDeclined")]).header("idempotency-key", "k")
    };
    assert_eq!(read(declined()).await.0, 402);
    let again = send(declined()).await;
    assert_eq!(
        (again.status().as_u16(), &again.headers()["idempotent-replayed"]),
        (402, &"true".parse().unwrap())
    );
}
