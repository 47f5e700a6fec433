//! Keys, intents, confirmation, cancelling, lists.

use serde_json::Value;

use super::{CARD_29_99, PUBLISHABLE_KEY, SECRET_KEY, Stand, id_of, read, send};
use crate::{Options, Sandbox};

#[tokio::test]
async fn an_intent_is_made_and_found_again() {
    let stand = Stand::start();
    let intent = stand.intent().await;

    assert_eq!(intent["status"], "requires_payment_method");
    assert_eq!(intent["amount"], 2999);
    assert_eq!(intent["metadata"]["order_id"], "o1");
    assert_eq!(intent["livemode"], false);
    let id = id_of(&intent);
    assert!(id.starts_with("pi_") && id.len() == 27, "{id}");
    assert!(intent["client_secret"].as_str().unwrap().starts_with(&format!("{id}_secret_")));

    let (status, found) = read(stand.get(&format!("/v1/payment_intents/{id}"))).await;
    assert_eq!((status, found), (200, intent));
}

#[tokio::test]
async fn without_the_right_key_nothing_is_answered() {
    let stand = Stand::start();
    let url = stand.url("/v1/payment_intents");

    let (status, answer) = read(stand.http.post(&url).form(&CARD_29_99)).await;
    assert_eq!((status, &answer["error"]["type"]), (401, &Value::from("invalid_request_error")));
    let (status, _) = read(stand.http.post(&url).bearer_auth("sk_test_other").form(&CARD_29_99)).await;
    assert_eq!(status, 401);
    let (status, answer) = read(stand.http.post(&url).bearer_auth(PUBLISHABLE_KEY).form(&CARD_29_99)).await;
    assert_eq!((status, &answer["error"]["code"]), (401, &Value::from("secret_key_required")));

    let response = send(stand.http.get(&url).basic_auth(SECRET_KEY, Some(""))).await;
    assert_eq!(response.status(), 200);
    assert!(response.headers()["request-id"].to_str().unwrap().starts_with("req_"));
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let stand = Stand::start();
    for (form, param, code) in [
        (vec![("currency", "pln")], "amount", "parameter_missing"),
        (vec![("amount", "2999")], "currency", "parameter_missing"),
        (vec![("amount", "29.99"), ("currency", "pln")], "amount", "parameter_invalid_integer"),
        (vec![("amount", "0"), ("currency", "pln")], "amount", "parameter_invalid_integer"),
        (vec![("amount", "199"), ("currency", "pln")], "amount", "amount_too_small"),
        (vec![("amount", "100000000"), ("currency", "pln")], "amount", "amount_too_large"),
        (vec![("amount", "2999"), ("currency", "PLN")], "currency", "parameter_invalid"),
        (vec![("amount", "2999"), ("currency", "pln"), ("colour", "red")], "colour", "parameter_unknown"),
    ] {
        let (status, answer) = read(stand.post("/v1/payment_intents", &form)).await;
        let error = &answer["error"];
        assert_eq!((status, &error["param"], &error["code"]), (400, &param.into(), &code.into()), "{answer}");
    }
    let (status, answer) = read(stand.get("/v1/payment_intents/pi_none")).await;
    assert_eq!((status, &answer["error"]["code"]), (404, &Value::from("resource_missing")));
    assert_eq!(read(stand.get("/v1/nothing")).await.0, 404);
}

#[tokio::test]
async fn a_version_that_has_removed_a_parameter_refuses_it_and_takes_its_successor() {
    let stand = Stand::start();
    let endive = |form: &[(&str, &str)]| {
        read(stand.post("/v1/payment_intents", form).header("stripe-version", "2026-09-30.endive"))
    };
    let (status, answer) = endive(&CARD_29_99).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &"payment_method_types_no_longer_supported".into()));

    let allowed = |currency| {
        let types =
            [("allowed_payment_method_types[0]", "card"), ("allowed_payment_method_types[1]", "blik")];
        [("amount", "2999"), ("currency", currency), types[0], types[1]]
    };
    let (status, intent) = endive(&allowed("pln")).await;
    assert_eq!((status, &intent["payment_method_types"]), (200, &serde_json::json!(["card", "blik"])));
    let (_, in_euro) = endive(&allowed("eur")).await;
    assert_eq!(in_euro["payment_method_types"], serde_json::json!(["card"]));
    assert_eq!(in_euro["allowed_payment_method_types"], serde_json::json!(["card", "blik"]));
}

#[tokio::test]
async fn a_browser_confirms_with_the_publishable_key_and_the_client_secret() {
    let stand = Stand::start();
    let intent = stand.intent().await;
    let confirm = stand.url(&format!("/v1/payment_intents/{}/confirm", id_of(&intent)));
    let secret = intent["client_secret"].as_str().unwrap();

    let without_secret = [("payment_method", "pm_card_visa"), ("key", PUBLISHABLE_KEY)];
    assert_eq!(read(stand.http.post(&confirm).form(&without_secret)).await.0, 400);
    let form = [("payment_method", "pm_card_visa"), ("key", PUBLISHABLE_KEY), ("client_secret", secret)];
    let (status, paid) = read(stand.http.post(&confirm).form(&form)).await;

    assert_eq!((status, &paid["status"]), (200, &Value::from("succeeded")), "{paid}");
    assert!(paid.get("metadata").is_none(), "a browser is not shown the shop's notes");
}

#[tokio::test]
async fn a_declined_card_can_be_replaced_by_a_good_one() {
    let stand = Stand::start();
    let intent = stand.intent().await;
    let confirm = format!("/v1/payment_intents/{}/confirm", id_of(&intent));

    let declined = [("payment_method", "pm_card_chargeDeclined")];
    let (status, answer) = read(stand.post(&confirm, &declined)).await;
    let error = &answer["error"];
    assert_eq!(
        (status, &error["type"], &error["code"]),
        (402, &"card_error".into(), &"card_declined".into())
    );
    assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
    assert_eq!(error["payment_intent"]["last_payment_error"]["decline_code"], "generic_decline");

    let (status, paid) = read(stand.post(&confirm, &[("payment_method", "pm_card_visa")])).await;
    assert_eq!((status, &paid["amount_received"]), (200, &2999.into()));
    assert_eq!(paid["last_payment_error"], Value::Null);
}

#[tokio::test]
async fn a_paid_intent_cannot_be_cancelled() {
    let stand = Stand::start();
    let intent = stand.intent().await;
    stand.sandbox.succeed(id_of(&intent)).unwrap();

    let cancel = format!("/v1/payment_intents/{}/cancel", id_of(&intent));
    let (status, answer) = read(stand.post(&cancel, &[])).await;

    let error = &answer["error"];
    assert_eq!((status, &error["code"]), (400, &"payment_intent_unexpected_state".into()));
    assert_eq!(error["payment_intent"]["status"], "succeeded");
}

#[tokio::test]
async fn a_cancelled_intent_cannot_be_paid() {
    let stand = Stand::start();
    let intent = stand.intent().await;
    let cancel = format!("/v1/payment_intents/{}/cancel", id_of(&intent));
    let (status, cancelled) = read(stand.post(&cancel, &[("cancellation_reason", "abandoned")])).await;
    assert_eq!((status, &cancelled["status"]), (200, &"canceled".into()));
    assert_eq!(cancelled["cancellation_reason"], "abandoned");

    let (status, _) = stand.control(&format!("payment_intents/{}/succeed", id_of(&intent))).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn events_are_listed_newest_first_and_paged() {
    let stand = Stand::start();
    let intent = stand.intent().await;
    stand.sandbox.fail(id_of(&intent), "insufficient_funds").unwrap();
    stand.sandbox.succeed(id_of(&intent)).unwrap();

    let (_, first) = read(stand.get("/v1/events?limit=2")).await;
    let kinds: Vec<_> = first["data"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds, ["payment_intent.succeeded", "payment_intent.payment_failed"]);
    assert_eq!(first["has_more"], true);

    let last = id_of(&first["data"][1]);
    let (_, second) = read(stand.get(&format!("/v1/events?limit=2&starting_after={last}"))).await;
    assert_eq!(second["data"][0]["type"], "payment_intent.created");
    assert_eq!((second["data"].as_array().unwrap().len(), &second["has_more"]), (1, &false.into()));

    let (_, failed) = read(stand.get("/v1/events?type=payment_intent.payment_failed")).await;
    let frozen = &failed["data"][0]["data"]["object"];
    assert_eq!(frozen["status"], "requires_payment_method", "an event shows the object as it was");
    let (status, event) = read(stand.get(&format!("/v1/events/{last}"))).await;
    assert_eq!((status, id_of(&event)), (200, last));
}

#[tokio::test]
async fn every_call_is_recorded() {
    let stand = Stand::start();
    let create = stand.post("/v1/payment_intents", &CARD_29_99).header("idempotency-key", "pi:o1:1");
    assert_eq!(read(create).await.0, 200);

    let calls = stand.sandbox.calls();
    assert_eq!((calls[0].method.as_str(), calls[0].path.as_str()), ("POST", "/v1/payment_intents"));
    assert_eq!((calls[0].idempotency_key.as_deref(), calls[0].status), (Some("pi:o1:1"), 200));
    assert!(calls[0].parameters.contains(&("metadata[order_id]".to_owned(), "o1".to_owned())));
    let (_, shown) = read(stand.http.get(stand.url("/control/calls"))).await;
    assert_eq!(shown["calls"].as_array().unwrap().len(), 1);
}

#[test]
fn it_listens_on_loopback_only_and_takes_no_live_key() {
    let open = Options { addr: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    assert!(Sandbox::start(open).is_err());
    let live = Options { secret_key: "sk_live_x".to_owned(), ..Options::default() };
    assert!(Sandbox::start(live).is_err());
}
