//! 3-D Secure, BLIK, P24, saved cards.

use serde_json::json;

use super::{PUBLISHABLE_KEY, Stand, id_of, read, send};

#[tokio::test]
async fn three_d_secure_asks_the_customer_first() {
    let stand = Stand::start();
    let intent = stand.intent_by("card").await;
    let (status, asked) = stand
        .confirm(
            &intent,
            &[
                ("payment_method", "pm_card_threeDSecure2Required"),
                ("return_url", "http://shop.example/back"),
            ],
        )
        .await;
    assert_eq!((status, &asked["status"]), (200, &json!("requires_action")));
    let url = asked["next_action"]["redirect_to_url"]["url"].as_str().unwrap();
    assert_eq!(url, stand.url(&format!("/pay/{}", id_of(&intent))));
    let page = send(stand.http.get(url)).await;
    assert_eq!((page.status().as_u16(), page.text().await.unwrap().contains("Approve")), (200, true));

    assert_eq!(stand.control(&format!("payment_intents/{}/succeed", id_of(&intent))).await.0, 200);
    let told = ["created", "requires_action", "succeeded"].map(|kind| format!("payment_intent.{kind}"));
    assert_eq!(stand.told().await, told);
}

#[tokio::test]
async fn blik_waits_for_the_customer_s_telephone_and_wants_six_digits() {
    let stand = Stand::start();
    let intent = stand.intent_by("blik").await;
    let by_blik =
        |code| [("payment_method_data[type]", "blik"), ("payment_method_options[blik][code]", code)];
    assert_eq!(stand.confirm(&intent, &by_blik("12345")).await.0, 400);
    let (status, asked) = stand.confirm(&intent, &by_blik("123456")).await;
    assert_eq!((status, &asked["next_action"]["type"]), (200, &json!("blik_authorize")));
    assert_eq!(stand.control(&format!("payment_intents/{}/fail", id_of(&intent))).await.0, 200);
    let (_, stands) = read(stand.get(&format!("/v1/payment_intents/{}", id_of(&intent)))).await;
    assert_eq!(stands["status"], "requires_payment_method");
    assert_eq!(stands["last_payment_error"]["payment_method"]["type"], "blik");
}

#[tokio::test]
async fn p24_sends_the_customer_to_her_bank_and_takes_its_time() {
    let stand = Stand::start();
    let intent = stand.intent_by("p24").await;
    assert_eq!(stand.confirm(&intent, &[("payment_method_data[type]", "p24")]).await.0, 400, "and back?");
    let form = [("payment_method_data[type]", "p24"), ("return_url", "http://shop.example/back")];
    let (_, asked) = stand.confirm(&intent, &form).await;
    assert_eq!(asked["next_action"]["type"], "redirect_to_url");
    let path = format!("payment_intents/{}", id_of(&intent));
    assert_eq!(stand.control(&format!("{path}/process")).await.1["status"], "processing");
    let (status, refused) = read(stand.post(&format!("/v1/{path}/cancel"), &[])).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("payment_intent_unexpected_state")));
    assert_eq!(stand.control(&format!("{path}/succeed")).await.1["amount_received"], 2999);
    assert_eq!(stand.confirm(&stand.intent_by("card").await, &form).await.0, 400, "not in this way");
}

#[tokio::test]
async fn a_card_is_saved_listed_paid_with_and_taken_away() {
    let stand = Stand::start();
    let (_, customer) = read(stand.post("/v1/customers", &[("metadata[user_id]", "u1")])).await;
    let customer = id_of(&customer);
    let (_, setup) = read(stand.post("/v1/setup_intents", &[("customer", customer)])).await;
    let confirm = stand.url(&format!("/v1/setup_intents/{}/confirm", id_of(&setup)));
    let secret = setup["client_secret"].as_str().unwrap();
    let form = [("payment_method", "pm_card_visa"), ("key", PUBLISHABLE_KEY), ("client_secret", secret)];
    let (status, done) = read(stand.http.post(&confirm).form(&form)).await;
    assert_eq!((status, &done["status"]), (200, &json!("succeeded")));

    let list = format!("/v1/payment_methods?customer={customer}&type=card");
    let (_, cards) = read(stand.get(&list)).await;
    assert_eq!(cards["data"][0]["card"]["last4"], "4242");
    let card = id_of(&cards["data"][0]);

    let pay = |customer: Option<&str>| {
        let mut form = vec![("amount", "2999"), ("currency", "pln")];
        form.extend(customer.map(|customer| ("customer", customer)));
        read(stand.post("/v1/payment_intents", &form))
    };
    let (_, hers) = pay(Some(customer)).await;
    let (_, anybody_s) = pay(None).await;
    assert_eq!(stand.confirm(&anybody_s, &[("payment_method", card)]).await.0, 400);
    assert_eq!(stand.confirm(&hers, &[("payment_method", card)]).await.1["status"], "succeeded");

    assert_eq!(read(stand.post(&format!("/v1/payment_methods/{card}/detach"), &[])).await.0, 200);
    assert_eq!(read(stand.get(&list)).await.1["data"], json!([]));
    let gone =
        stand.http.delete(stand.url(&format!("/v1/customers/{customer}"))).bearer_auth(super::SECRET_KEY);
    assert_eq!(read(gone).await.1["deleted"], true);
    assert_eq!(read(stand.get(&list)).await.0, 400, "no such customer");
}
