//! Leaving the shop, coming back in time, and being forgotten.

use journeys::{Answer, Customer, Goods, Shop, code_in, eventually};
use serde_json::{Value, json};

/// By text message, as anybody would.
async fn leaves(shop: &Shop, customer: &Customer) -> Value {
    let known = shop.guest().texts(&customer.phone).await.len();
    let visitor = customer.visitor();
    let sent = visitor.ask(reqwest::Method::POST, "/api/users/me/deletion", None).await;
    let sent = sent.with_status(202).data();
    let code = code_in(&shop.guest().receives_another_text(&customer.phone, known).await);
    let guess = |code: &str| json!({ "challengeId": sent["challengeId"], "code": code });
    let wrong = if code == "000000" { "111111" } else { "000000" };
    let refused = visitor.post("/api/users/me/deletion/confirm", &guess(wrong)).await;
    assert_eq!(refused.refusal(), (401, "OTP_INVALID".to_owned()));
    visitor.post("/api/users/me/deletion/confirm", &guess(&code)).await.with_status(202).data()
}

async fn is_signed_out(customer: &Customer) -> Answer {
    eventually("the session has ended", async || {
        let answer = customer.visitor().get("/api/users/me").await;
        (answer.status == 401).then_some(answer)
    })
    .await
}

#[tokio::test]
async fn signing_in_calls_a_deletion_off() {
    let shop = Shop::open().await;
    let ada = shop.customer().await;
    let before = ada.visitor().get("/api/users/me").await.data();
    let told = leaves(&shop, &ada).await;
    let at = told["deletionAt"].as_str().unwrap();
    let days = format!("select round(extract(epoch from '{at}'::timestamptz - now()) / 86400)");
    assert_eq!(shop.db.number(&days).await, 20);
    is_signed_out(&ada).await;
    let refresh = json!({ "refreshToken": ada.refresh_token });
    assert_eq!(shop.guest().post("/api/auth/refresh", &refresh).await.refusal().0, 401);
    assert_eq!(shop.count("users.users where deletion_at is not null").await, 1);

    let signed = shop.guest().proves(&ada.phone).await;
    assert_eq!((&signed["status"], &signed["user"]), (&json!("signed_in"), &before));
    assert_eq!(shop.count("users.users where deletion_at is not null").await, 0);
    let visitor = shop.guest().bearing(signed["accessToken"].as_str().unwrap());
    assert_eq!(visitor.get("/api/users/me").await.data(), before);
    shop.is_sound().await;
}

#[tokio::test]
async fn who_stays_away_is_forgotten_and_the_order_is_not() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    ada.places_an_order().await;
    let user = ada.visitor().get("/api/users/me").await.data()["id"].clone();
    let user = user.as_str().unwrap();
    leaves(&shop, &ada).await;
    // Twenty days later the job comes round.
    shop.db.exec("update users.users set deletion_at = now() - interval '1 second'").await;
    shop.db
        .exec(
            "insert into platform.jobs (id, name, payload, run_at, created_at)
             values (gen_random_uuid(), 'user.anonymise_due', 'null', now(), now())",
        )
        .await;
    eventually("the cart is gone", async || (shop.count("shopping.carts").await == 0).then_some(())).await;
    eventually("the sessions are gone", async || {
        let sessions = format!("identity.sessions where user_id = '{user}'");
        (shop.count(&sessions).await == 0).then_some(())
    })
    .await;
    let left = format!(
        "users.users where id = '{user}' and num_nonnulls(phone, first_name, last_name, email, deletion_at) = 0"
    );
    assert_eq!(shop.count(&left).await, 1);
    assert_eq!(shop.count("users.addresses").await, 0);
    assert_eq!(shop.count(&format!("orders.orders where user_id = '{user}'")).await, 1);
    assert_eq!(ada.visitor().get("/api/users/me").await.status, 401);
    // The number is as new.
    shop.guest().may_register(&ada.phone).await;
    shop.is_sound().await;
}
