//! Companies: found in the tax register, let in, and served at their own prices.

use journeys::{Goods, Mood, Shop, Visitor};
use reqwest::Method;
use serde_json::{Value, json};

/// In the stand-in's register, with an address that has a comma too many.
const BOSFOR: &str = "5260001016";
const EXEMPT: &str = "5830004001";
const UNKNOWN: &str = "1234563218";

fn form(nip: &str) -> Value {
    json!({
        "firstName": "Ada", "lastName": "Nowak", "email": "ada@example.com", "nip": nip,
        "termsAccepted": true, "privacyAccepted": true,
    })
}

/// Proves to have a phone for a company's account; the registration token as bearer.
async fn registrant(shop: &Shop, phone: &str) -> Visitor {
    let proved = shop.guest().proves_as("corporate", phone).await;
    assert_eq!(proved["status"], "registration_required", "{proved}");
    shop.guest().speaking("en").bearing(proved["registrationToken"].as_str().unwrap())
}

#[tokio::test]
async fn a_registration_that_was_interrupted_is_taken_up_again() {
    let mut shop = Shop::open().await;
    let phone = shop.phone();
    let ada = registrant(&shop, &phone).await;
    shop.stripe.turn_tax_register(Mood::Away);
    let away = ada.post("/api/complete-profile", &form(BOSFOR)).await;
    assert_eq!(away.refusal(), (503, "UNAVAILABLE".to_owned()));
    assert!(away.number("retry-after") > 0);
    shop.stripe.turn_tax_register(Mood::Confused);
    assert_eq!(ada.post("/api/complete-profile", &form(BOSFOR)).await.refusal().0, 503);
    for table in ["users", "companies", "addresses", "consents"] {
        assert_eq!(shop.count(&format!("users.{table}")).await, 0, "{table}");
    }
    // Not only the register was away.
    shop.gateway.kill();
    shop.gateway.start().await;
    shop.stripe.turn_tax_register(Mood::Open);
    let signed = ada.post("/api/complete-profile", &form(BOSFOR)).await.with_status(201).data();
    assert_eq!(signed["user"]["company"]["nip"], json!(BOSFOR));
    let again = ada.post("/api/complete-profile", &form(BOSFOR)).await;
    assert_eq!(again.refusal(), (409, "ALREADY_REGISTERED".to_owned()));

    let ada = shop.guest().bearing(signed["accessToken"].as_str().unwrap());
    let me = ada.get("/api/users/me").await.data();
    assert_eq!((&me, &me["userType"]), (&signed["user"], &json!("corporate")));
    let book = ada.get("/api/users/me/addresses").await.data();
    let address =
        (&book[0]["street"], &book[0]["postalCode"], &book[0]["city"], &book[0]["isDefaultBilling"]);
    let expected = (json!("UL. PROSTA 51, LOK. 3"), json!("00-838"), json!("WARSZAWA"), json!(true));
    assert_eq!(address, (&expected.0, &expected.1, &expected.2, &expected.3));
    // The number's other account is another one.
    let known = shop.guest().proves_as("corporate", &phone).await;
    assert_eq!((&known["status"], &known["user"]["id"]), (&json!("signed_in"), &me["id"]));
    assert_eq!(shop.guest().proves(&phone).await["status"], "registration_required");
    shop.is_sound().await;
}

#[tokio::test]
async fn colleagues_share_their_company() {
    let shop = Shop::open().await;
    let mut companies = Vec::new();
    for _ in 0..2 {
        let colleague = registrant(&shop, &shop.phone()).await;
        let signed = colleague.post("/api/complete-profile", &form(BOSFOR)).await.with_status(201).data();
        companies.push(signed["user"]["company"].clone());
    }
    assert_eq!(companies[0], companies[1]);
}

#[tokio::test]
async fn who_does_not_pay_vat_is_told_why() {
    let shop = Shop::open().await;
    let guest = shop.guest().speaking("en");
    let check = async |nip: &str| guest.post("/api/utils/check-nip", &json!({ "nip": nip })).await;
    let found = check("526-000-10-16").await.with_status(200).data();
    assert_eq!((&found["nip"], &found["statusVat"]), (&json!(BOSFOR), &json!("Czynny")));
    let refused = check(EXEMPT).await;
    assert_eq!(refused.refusal(), (409, "VAT_NOT_ACTIVE".to_owned()));
    let told = &refused.json()["error"]["params"];
    assert_eq!(
        (&told["statusVat"], &told["address"]),
        (&json!("Zwolniony"), &json!("UL. DŁUGA 7, 80-831 GDAŃSK"))
    );
    assert!(refused.message().contains("Zwolniony"), "{}", refused.message());
    assert_eq!(check(UNKNOWN).await.refusal(), (404, "COMPANY_NOT_FOUND".to_owned()));
    assert_eq!(check("5260001017").await.refusal().0, 422);

    let registrant = registrant(&shop, &shop.phone()).await;
    for (nip, expected) in [(EXEMPT, (409, "VAT_NOT_ACTIVE")), (UNKNOWN, (404, "COMPANY_NOT_FOUND"))] {
        let refused = registrant.post("/api/complete-profile", &form(nip)).await.refusal();
        assert_eq!(refused, (expected.0, expected.1.to_owned()));
    }
    assert_eq!(shop.count("users.users").await, 0);
    // What was found once is found while the register is away.
    shop.stripe.turn_tax_register(Mood::Away);
    check(BOSFOR).await.with_status(200);
    registrant.post("/api/complete-profile", &form(BOSFOR)).await.with_status(201);
}

#[tokio::test]
async fn a_company_sees_the_same_prices_before_and_after_a_refresh() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let registrant = registrant(&shop, &shop.phone()).await;
    let mut pair = registrant.post("/api/complete-profile", &form(BOSFOR)).await.with_status(201).data();
    for _ in 0..3 {
        let ada = shop.guest().bearing(pair["accessToken"].as_str().unwrap());
        let seen = ada.get(&format!("/api/products/{}", yoghurt.id)).await.with_status(200).data();
        assert_eq!(seen["price"]["amount"], json!(Goods::default().corporate_price));
        let refresh = json!({ "refreshToken": pair["refreshToken"] });
        pair = shop.guest().post("/api/auth/refresh", &refresh).await.with_status(200).data();
    }
    let consumer = shop.guest().get(&format!("/api/products/{}", yoghurt.id)).await.data();
    assert_eq!(consumer["price"]["amount"], json!(Goods::default().price));
    let cart = shop.guest().bearing(pair["accessToken"].as_str().unwrap());
    let body = json!({ "productId": yoghurt.id, "quantity": 6 });
    let cart = cart.ask(Method::POST, "/api/me/cart", Some(body.to_string())).await.with_status(200).data();
    assert_eq!(cart["items"][0]["unitPrice"]["amount"], json!(Goods::default().corporate_price));
}
