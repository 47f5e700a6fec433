//! What a customer's account holds: addresses, preferences, and the file of all of it.

use journeys::{Goods, Shop};
use reqwest::Method;
use serde_json::{Value, json};

const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

fn home() -> Value {
    json!({
        "title": "Dom", "street": "ul. Długa 1", "city": "Warszawa", "postalCode": "00-238", "country": "PL",
    })
}

#[tokio::test]
async fn somebody_elses_address_is_as_absent_as_none() {
    let shop = Shop::open().await;
    let (ada, bo) = (shop.customer().await, shop.customer().await);
    let theirs = ada.visitor().get("/api/users/me/addresses").await.data()[0]["id"].clone();
    let theirs = theirs.as_str().unwrap();
    let bo = bo.visitor().with("x-request-id", "same");
    for (method, under, body) in [
        (Method::PUT, "", Some(home())),
        (Method::DELETE, "", None),
        (Method::POST, "/set-default", Some(json!({ "type": "delivery" }))),
    ] {
        let ask = async |id: &str| {
            let path = format!("/api/users/me/addresses/{id}{under}");
            bo.ask(method.clone(), &path, body.as_ref().map(Value::to_string)).await
        };
        let (found, absent) = (ask(theirs).await, ask(NOBODYS).await);
        assert_eq!(found.refusal(), (404, "ADDRESS_NOT_FOUND".to_owned()), "{method}");
        assert_eq!(found.text(), absent.text(), "{method}");
    }
    let untouched = ada.visitor().get("/api/users/me/addresses").await.data();
    assert_eq!((untouched.as_array().unwrap().len(), &untouched[0]["title"]), (1, &json!("Home")));
}

#[tokio::test]
async fn an_order_keeps_an_address_that_was_deleted() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;
    let visitor = ada.visitor();
    let used = visitor.get("/api/users/me/addresses").await.data()[0]["id"].clone();
    let path = format!("/api/users/me/addresses/{}", used.as_str().unwrap());
    visitor.put(&path, &home()).await.with_status(200);
    visitor.ask(Method::DELETE, &path, None).await.with_status(204);
    assert_eq!(visitor.get("/api/users/me/addresses").await.data(), json!([]));
    let order = visitor.get(&format!("/api/orders/{}", placed.id)).await.with_status(200).data();
    assert_eq!(order["shippingAddress"]["street"], "Marszałkowska 1");
    shop.is_sound().await;
}

#[tokio::test]
async fn an_export_holds_what_was_put_in() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let (ada, bo) = (shop.customer().await, shop.customer().await);
    bo.adds(&yoghurt, 9).await.with_status(200);
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;
    let visitor = ada.visitor();
    visitor.post("/api/users/me/addresses", &home()).await.with_status(201);
    let path = "/api/users/me/preferences";
    for (granted, sms) in [(true, false), (true, false), (false, true)] {
        let body = json!({ "consents": { "analytics": granted }, "notifications": { "sms": sms } });
        let chosen = visitor.put(path, &body).await.with_status(200).data();
        assert_eq!(
            (&chosen["consents"]["analytics"], &chosen["notifications"]["sms"]),
            (&json!(granted), &json!(sms))
        );
    }

    let answer = visitor.get("/api/users/me/export").await.with_status(200);
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment; filename="));
    let held = answer.data();
    assert_eq!(held["profile"], visitor.get("/api/users/me").await.data());
    assert_eq!(held["addresses"], visitor.get("/api/users/me/addresses").await.data());
    assert_eq!(held["preferences"], visitor.get(path).await.data());
    let said = held["consents"].as_array().unwrap();
    let analytics: Vec<&Value> =
        said.iter().filter(|said| said["kind"] == "analytics").map(|said| &said["granted"]).collect();
    assert_eq!(analytics, [&json!(true), &json!(false)], "each change, and no repetition");
    assert_eq!(held["orders"], json!([visitor.get(&format!("/api/orders/{}", placed.id)).await.data()]));
    let payment = &held["payments"][0];
    assert_eq!(
        (&payment["orderId"], &payment["providerReference"]),
        (&json!(placed.id), &json!(placed.intent))
    );
    assert!(!answer.text().contains("_secret_"), "who holds the file cannot pay with it");
    let item = &held["cart"]["items"][0];
    assert_eq!((&item["productId"], &item["quantity"]), (&json!(yoghurt.id), &json!(4)));
    assert!(held["sessions"].is_array() || held["sessions"].is_object(), "{}", held["sessions"]);
    assert!(!answer.text().contains(&bo.phone), "and nothing of anybody else");
}
