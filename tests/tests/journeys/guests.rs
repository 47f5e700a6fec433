//! Shopping before signing in, and taking everything along.

use futures_util::future::join_all;
use journeys::{Goods, Shop, Visitor, code_in};
use reqwest::Method;
use serde_json::{Value, json};

fn token_of(session: &Value) -> String {
    session["guestToken"].as_str().unwrap().to_owned()
}

async fn quantities(visitor: &Visitor, cart: &str) -> Vec<u64> {
    let cart = visitor.get(cart).await.with_status(200).data();
    cart["items"].as_array().unwrap().iter().filter_map(|item| item["quantity"].as_u64()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_guest_chose_is_in_the_account_after_signing_in() {
    let shop = Shop::open().await;
    let other = shop.another_instance().await;
    let (milk, cheese) = (shop.sells(Goods::default()).await, shop.sells(Goods::default()).await);
    let session = shop.guest().post("/api/guest/session", &json!({})).await.with_status(201).data();
    let token = token_of(&session);
    let here = shop.guest().with("x-guest-token", token.clone());
    let there = other.visitor().with("x-guest-token", token.clone());

    // Ten adds at once over two instances.
    let add = json!({ "productId": milk.id, "quantity": 1 });
    let adds = (0..10).map(|n| if n % 2 == 0 { &here } else { &there }.post("/api/guest/cart", &add));
    for added in join_all(adds).await {
        added.with_status(200);
    }
    assert_eq!(quantities(&here, "/api/guest/cart").await, [10]);
    here.post("/api/guest/cart", &json!({ "productId": cheese.id, "quantity": 2 })).await.with_status(200);
    let cart = there.get("/api/guest/cart").await.with_status(200).data();
    let items: Vec<&str> =
        cart["items"].as_array().unwrap().iter().filter_map(|item| item["id"].as_str()).collect();
    let set =
        json!({ "items": [{ "itemId": items[0], "quantity": 4 }, { "itemId": items[1], "quantity": 3 }] });
    let patch = async |body: &Value| here.ask(Method::PATCH, "/api/guest/cart", Some(body.to_string())).await;
    let changed = patch(&set).await.with_status(200).data();
    assert_eq!(changed["summary"]["quantity"], 7);
    let twice =
        json!({ "items": [{ "itemId": items[0], "quantity": 4 }, { "itemId": items[0], "quantity": 3 }] });
    assert_eq!(patch(&twice).await.refusal().0, 422);
    let like = json!({ "productId": milk.id });
    here.post("/api/guest/favorites", &like).await.with_status(201);
    there.post("/api/guest/favorites", &like).await.with_status(200);

    let ada = shop.customer().await;
    let wanted = json!({ "guestToken": token });
    let elsewhere = other.visitor().bearing(&ada.access_token);
    let asks = (0..20).map(|n| {
        let visitor = if n % 2 == 0 { ada.visitor() } else { &elsewhere };
        visitor.post("/api/auth/migrate-guest-data", &wanted)
    });
    for moved in join_all(asks).await {
        assert_eq!(moved.with_status(200).data(), json!({ "cartItems": 2, "favorites": 1 }));
    }
    assert_eq!(quantities(ada.visitor(), "/api/me/cart").await, [4, 3]);
    let liked = ada.visitor().get("/api/users/me/favorites").await.with_status(200).data();
    assert_eq!(liked[0]["product"]["id"], json!(milk.id));

    // A thief gets nothing, signed in or not; the guest is no more.
    let eve = shop.customer().await;
    let stolen = eve.visitor().post("/api/auth/migrate-guest-data", &wanted).await;
    assert_eq!(stolen.refusal(), (404, "GUEST_SESSION_NOT_FOUND".to_owned()));
    assert_eq!(shop.guest().post("/api/auth/migrate-guest-data", &wanted).await.refusal().0, 401);
    assert_eq!(quantities(eve.visitor(), "/api/me/cart").await, Vec::<u64>::new());
    for visitor in [&here, &there] {
        let late = visitor.post("/api/guest/cart", &add).await;
        assert_eq!(late.refusal(), (401, "GUEST_SESSION_EXPIRED".to_owned()));
    }
    shop.is_sound().await;
}

#[tokio::test]
async fn signing_in_takes_the_guest_along_and_no_token_stops_it() {
    let shop = Shop::open().await;
    let milk = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    let session = shop.guest().post("/api/guest/session", &json!({})).await.with_status(201).data();
    let guest = shop.guest().with("x-guest-token", token_of(&session));
    guest.post("/api/guest/cart", &json!({ "productId": milk.id, "quantity": 5 })).await.with_status(200);

    for token in [token_of(&session), "chosen by the client".to_owned()] {
        let known = shop.guest().texts(&ada.phone).await.len();
        let challenge = shop.guest().asks_for_a_code(&ada.phone).await;
        let code = code_in(&shop.guest().receives_another_text(&ada.phone, known).await);
        let proof = json!({
            "challengeId": challenge, "phoneNumber": ada.phone, "code": code, "guestToken": token,
        });
        let signed = shop.guest().post("/api/auth/verify-otp", &proof).await.with_status(200).data();
        assert_eq!(signed["status"], "signed_in");
    }
    assert_eq!(quantities(ada.visitor(), "/api/me/cart").await, [5]);
}

#[tokio::test]
async fn a_made_up_token_is_nobody_s() {
    let shop = Shop::open().await;
    let milk = shop.sells(Goods::default()).await;
    let add = json!({ "productId": milk.id, "quantity": 1 });
    for token in ["", "guest-1", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let visitor = shop.guest().with("x-guest-token", token);
        let refused = visitor.post("/api/guest/cart", &add).await;
        assert_eq!(refused.refusal(), (401, "GUEST_SESSION_EXPIRED".to_owned()), "{token}");
    }
    assert_eq!(shop.count("shopping.carts").await, 0);
}
