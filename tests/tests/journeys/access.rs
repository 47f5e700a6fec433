//! Who may see and do what, for every route that the document lists.

use journeys::{Answer, Goods, Shop, Visitor};
use reqwest::Method;
use serde_json::{Value, json};

const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

/// One operation of the document.
struct Operation {
    method: Method,
    path: String,
    /// The token it demands: `bearer`, `registration` or `admin`.
    token: Option<String>,
    /// It takes JSON.
    takes_json: bool,
}

impl Operation {
    async fn all(shop: &Shop) -> Vec<Self> {
        let document: Value = shop.guest().get("/openapi.json").await.with_status(200).json();
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let demands = operation["security"].as_array().cloned().unwrap_or_default();
                // An empty demand beside others: a token is welcome, and not needed.
                let free = demands.iter().any(|demand| demand == &json!({}));
                let token = demands.iter().find_map(|d| d.as_object()?.keys().next());
                operations.push(Self {
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    token: token.filter(|_| !free).cloned(),
                    takes_json: operation["requestBody"]["content"]["application/json"].is_object(),
                });
            }
        }
        assert!(operations.len() > 20);
        operations
    }

    /// The path with a value for each of its names.
    fn at(&self, value: &str) -> String {
        let parts = self.path.split('/').map(|part| if part.starts_with('{') { value } else { part });
        parts.collect::<Vec<_>>().join("/")
    }

    async fn asked_by(&self, visitor: &Visitor) -> Answer {
        let body = (self.method != Method::GET).then(|| "{}".to_owned());
        visitor.ask(self.method.clone(), &self.at(NOBODYS), body).await
    }
}

#[tokio::test]
async fn nobody_gets_in_without_the_right_token() {
    let shop = Shop::open().await;
    let ada = shop.customer().await;
    let registration = shop.guest().may_register(&shop.phone()).await;
    let owner = shop.owner().await;
    let unsigned = forged(&ada.access_token, |header| header["alg"] = json!("none"), "");
    let signature = ada.access_token.rsplit_once('.').unwrap().1;
    let altered = forged(&ada.access_token, |header| header["x"] = json!(1), signature);
    let guest = shop.guest();
    for operation in Operation::all(&shop).await {
        let Some(token) = &operation.token else { continue };
        for (kind, visitor) in
            [("bearer", ada.visitor()), ("registration", &guest.bearing(&registration)), ("admin", &owner)]
        {
            if kind != token {
                let answer = operation.asked_by(visitor).await;
                let told = (operation.method.as_str(), operation.path.as_str(), kind);
                assert_eq!(answer.refusal(), (401, "UNAUTHENTICATED".to_owned()), "{told:?}");
            }
        }
        for (what, visitor) in [
            ("no token", guest.clone()),
            ("garbage", guest.bearing("garbage")),
            ("an empty token", guest.bearing("")),
            ("another scheme", guest.with("authorization", format!("Basic {}", ada.access_token))),
            ("a refresh token", guest.bearing(&ada.refresh_token)),
            ("an unsigned token", guest.bearing(&unsigned)),
            ("an altered token", guest.bearing(&altered)),
        ] {
            let answer = operation.asked_by(&visitor).await;
            let told = (operation.method.as_str(), operation.path.as_str(), what);
            assert_eq!(answer.refusal(), (401, "UNAUTHENTICATED".to_owned()), "{told:?}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{told:?}");
        }
    }
    assert_eq!(shop.count("users.users").await, 1, "nothing came of all this");
    // Where a token is not needed, a bad one is refused all the same: prices must not change silently.
    guest.get("/api/products").await.with_status(200);
    guest.bearing("garbage").get("/api/products").await.with_status(401);
    guest.bearing(&registration).get("/api/products").await.with_status(401);
}

/// The token with another header, its own claims, and that signature.
fn forged(token: &str, change: impl FnOnce(&mut Value), signature: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    let mut header = json!({ "alg": "EdDSA", "typ": "JWT" });
    change(&mut header);
    format!("{}.{claims}.{signature}", base64url(header.to_string().as_bytes()))
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn from_base64url(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    bytes
}

fn base64url(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let letter = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap();
            text.push(char::from(LETTERS[letter]));
        }
    }
    text
}

#[tokio::test]
async fn somebody_elses_order_is_as_absent_as_none() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let (ada, bo) = (shop.customer().await, shop.customer().await);
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;

    let bo = bo.visitor().with("x-request-id", "same");
    let theirs = bo.get(&format!("/api/orders/{}", placed.id)).await;
    assert_eq!(theirs.refusal(), (404, "ORDER_NOT_FOUND".to_owned()));
    let absent = bo.get(&format!("/api/orders/{NOBODYS}")).await;
    assert_eq!((absent.status, absent.text()), (404, theirs.text()));
    for no_id in ["1", "x", "%27", "..%2F..", "00000000-0000-7000-8000-00000000000g"] {
        let answer = bo.get(&format!("/api/orders/{no_id}")).await;
        assert_eq!(answer.refusal().0, 404, "{no_id}");
    }
    ada.order(&placed).await;
}

#[tokio::test]
async fn no_route_breaks_on_garbage() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let registration = shop.guest().may_register(&shop.phone()).await;
    let (owner, guest) = (shop.owner().await, shop.somebody_without_an_account().await);
    let bodies = [
        "",
        "{",
        "{}",
        "[]",
        "null",
        "\"\u{0}\"",
        "{\"productId\":null}",
        "{\"quantity\":1e999}",
        "{\"phoneNumber\":\"\\u0000\",\"userType\":\"individual\"}",
        "{\"a\":{\"a\":{\"a\":[]}}}",
        "{\"title\":\"\\u0000\",\"street\":\"x\",\"city\":\"x\",\"postalCode\":\"00-001\",\"country\":\"PL\"}",
        "{\"firstName\":\"\\u0000\",\"lastName\":\"x\"}",
    ];
    let long = "9".repeat(300);
    for operation in Operation::all(&shop).await {
        let visitor = match operation.token.as_deref() {
            Some("registration") => shop.guest().bearing(&registration),
            Some("admin") => owner.clone(),
            Some("guest") => guest.clone(),
            // Signing out would spoil the rest.
            Some(_) if operation.path.contains("logout") => continue,
            _ => ada.visitor().clone(),
        };
        let visitor = visitor.with("idempotency-key", "garbage").with("if-match", "*");
        let told = |answer: &Answer, with: &str| {
            let what = format!("{} {} with {with:?}: {}", operation.method, operation.path, answer.text());
            assert!(answer.status < 500, "{what}");
            let text = answer.text().to_lowercase();
            let inside = ["select ", "diesel", "panicked", "/src/", "constraint", "::"];
            assert!(answer.status < 400 || !inside.iter().any(|word| text.contains(word)), "{what}");
        };
        for value in ["x", "%00", "%FF", "-1", "0", "%F0%9F%A5%9B", "';--", "%2e%2e%2f", &long] {
            let body = (operation.method != Method::GET).then(|| "{}".to_owned());
            told(&visitor.ask(operation.method.clone(), &operation.at(value), body.clone()).await, value);
            let query = format!(
                "{}?limit={value}&cursor={value}&lang={value}&category={value}",
                operation.at(NOBODYS)
            );
            told(&visitor.ask(operation.method.clone(), &query, body).await, value);
        }
        if operation.method != Method::GET {
            for body in bodies {
                let asked = Some(body.to_owned());
                told(&visitor.ask(operation.method.clone(), &operation.at(NOBODYS), asked).await, body);
            }
        }
    }
}

#[tokio::test]
async fn no_write_takes_a_field_that_it_does_not_know() {
    let shop = Shop::open().await;
    let (ada, owner) = (shop.customer().await, shop.owner().await);
    let guest = shop.somebody_without_an_account().await;
    let registration = shop.guest().bearing(&shop.guest().may_register(&shop.phone()).await);
    let extra = json!({ "role": "owner", "userType": "corporate", "credit": 1 }).to_string();
    let mut writes = 0;
    for operation in Operation::all(&shop).await {
        // What Stripe sends is Stripe's to shape, and signed.
        if !operation.takes_json || operation.path == "/stripe/webhook" {
            continue;
        }
        let visitor = match operation.token.as_deref() {
            Some("registration") => &registration,
            Some("admin") => &owner,
            Some("guest") => &guest,
            _ => ada.visitor(),
        };
        let visitor = visitor.with("idempotency-key", "extra").with("if-match", "*");
        let answer = visitor.ask(operation.method.clone(), &operation.at(NOBODYS), Some(extra.clone())).await;
        let told = format!("{} {}: {}", operation.method, operation.path, answer.text());
        assert_eq!(answer.refusal(), (422, "VALIDATION_FAILED".to_owned()), "{told}");
        assert_eq!(answer.json()["error"]["fields"][0]["code"], "UNKNOWN", "{told}");
        writes += 1;
    }
    assert!(writes > 12, "{writes}");
}

/// A row of Ada's, or of a guest's, for every route with an id. A new route needs its line here.
async fn rows_of(shop: &Shop, ada: &journeys::Customer, guest: &Visitor) -> Vec<(&'static str, String)> {
    let yoghurt = shop.sells(Goods::default()).await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let line = json!({ "productId": yoghurt.id, "quantity": 4 });
    let guests = guest.post("/api/guest/cart", &line).await.with_status(200).data()["items"][0]["id"].clone();
    let order = ada.places_an_order().await.id;
    let address = ada.visitor().get("/api/users/me/addresses").await.data()[0]["id"].clone();
    let session = ada.visitor().get("/api/auth/sessions").await.data()[0]["id"].clone();
    let item = ada.visitor().get("/api/me/cart").await.data()["items"][0]["id"].clone();
    let text = |id: &Value| id.as_str().unwrap().to_owned();
    vec![
        ("/api/orders/", order),
        ("/api/users/me/addresses/", text(&address)),
        // Nobody but the provider knows whose card is whose.
        ("/api/users/me/payment-methods/", "pm_of_somebody_else".to_owned()),
        ("/api/auth/sessions/", text(&session)),
        ("/api/me/cart/", text(&item)),
        ("/api/guest/cart/", text(&guests)),
    ]
}

#[tokio::test]
async fn what_is_somebody_else_s_is_as_absent_as_what_is_not_there() {
    let shop = Shop::open().await;
    let (ada, bo) = (shop.customer().await, shop.customer().await);
    let (eve, zoe) = (shop.somebody_without_an_account().await, shop.somebody_without_an_account().await);
    let rows = rows_of(&shop, &ada, &eve).await;
    let same = |visitor: &Visitor| visitor.with("x-request-id", "same").with("idempotency-key", "theirs");
    let (bo, zoe) = (same(bo.visitor()), same(&zoe));
    let mut routes = 0;
    for operation in Operation::all(&shop).await {
        // A favourite is named by its product, which is nobody's: what bo forgets is bo's.
        let shared = operation.path.ends_with("/favorites/{id}");
        let other = match operation.token.as_deref() {
            Some("bearer") => &bo,
            Some("guest") => &zoe,
            _ => continue,
        };
        if !operation.path.contains('{') || shared {
            continue;
        }
        let row = rows.iter().find(|(path, _)| operation.path.starts_with(path));
        let (_, id) = row.unwrap_or_else(|| panic!("no row for {}", operation.path));
        let body = operation.takes_json.then(|| match operation.path.as_str() {
            "/api/users/me/addresses/{id}/set-default" => json!({ "type": "delivery" }),
            "/api/orders/{id}/payment" => json!({ "paymentMethod": "card" }),
            "/api/me/cart/{id}" | "/api/guest/cart/{id}" => json!({ "quantity": 1 }),
            _ => json!({
                "title": "Mine", "street": "Prosta 1", "city": "Warszawa", "postalCode": "00-001", "country": "PL",
            }),
        });
        let ask = async |id: &str| {
            let body = body.as_ref().map(ToString::to_string);
            other.ask(operation.method.clone(), &operation.at(id), body).await
        };
        let (theirs, absent) = (ask(id).await, ask(NOBODYS).await);
        let told = format!("{} {}: {}", operation.method, operation.path, theirs.text());
        assert_eq!(theirs.refusal().0, 404, "{told}");
        assert_eq!(theirs.text(), absent.text(), "{told}");
        routes += 1;
    }
    assert!(routes >= 9, "{routes}");
    ada.visitor().get("/api/users/me").await.with_status(200);
    assert_eq!(rows_of(&shop, &ada, &eve).await[1..], rows[1..], "hers are all there");
}

#[tokio::test]
async fn the_shop_does_not_tell_who_has_an_account() {
    let shop = Shop::open().await;
    let ada = shop.customer().await;
    let mut shapes = Vec::new();
    for phone in [ada.phone.clone(), shop.phone()] {
        let body = json!({ "phoneNumber": phone, "userType": "individual" });
        let mut sent = shop.guest().post("/api/auth/send-otp", &body).await.with_status(202).data();
        sent["challengeId"].take();
        shapes.push(sent);
    }
    assert_eq!(shapes[0], shapes[1]);
}

#[tokio::test]
async fn a_known_phone_signs_in_and_out() {
    let shop = Shop::open().await;
    let ada = shop.customer().await;
    let signed = shop.guest().proves(&ada.phone).await;
    assert_eq!((&signed["status"], &signed["user"]["phoneNumber"]), (&json!("signed_in"), &json!(ada.phone)));
    let refresh = |token: &Value| json!({ "refreshToken": token });
    let pair = shop.guest().post("/api/auth/refresh", &refresh(&signed["refreshToken"])).await.data();
    let visitor = shop.guest().bearing(pair["accessToken"].as_str().unwrap());
    assert_eq!(visitor.get("/api/users/me").await.data()["phoneNumber"], json!(ada.phone));

    visitor.ask(Method::POST, "/api/auth/logout", None).await.with_status(204);
    let refused = shop.guest().post("/api/auth/refresh", &refresh(&pair["refreshToken"])).await;
    assert_eq!(refused.refusal().0, 401, "a refresh token ends with its session");
    // The session on the other device goes on.
    let other = shop.guest().post("/api/auth/refresh", &refresh(&json!(ada.refresh_token))).await;
    other.with_status(200);
    // An access token is no refresh token.
    let access = shop.guest().post("/api/auth/refresh", &refresh(&json!(ada.access_token))).await;
    assert_eq!(access.refusal().0, 401);
}

#[tokio::test]
async fn a_rotated_key_signs_nobody_out() {
    // The keys that are made up for development, which the developer's command rotates.
    let mut shop = Shop::setting("JWT_SIGNING_KEYS", "").open().await;
    let ada = shop.customer().await;
    let before = kids(&shop).await;
    assert_eq!((before.len(), kid_of(&ada.access_token)), (1, before[0].clone()));

    let mut signed = vec![ada.access_token.clone()];
    for _ in 0..2 {
        shop.gateway.xtask(&["keys", "rotate"]);
        shop.gateway.terminate();
        assert_eq!(shop.gateway.ended().await.code, Some(0));
        shop.gateway.start().await;

        let [fresh, previous] = kids(&shop).await.try_into().unwrap();
        let known = signed.last().unwrap().clone();
        assert_eq!(previous, kid_of(&known));
        shop.guest().bearing(&known).get("/api/users/me").await.with_status(200);
        let again = shop.guest().proves(&ada.phone).await["accessToken"].as_str().unwrap().to_owned();
        assert_eq!(kid_of(&again), fresh);
        shop.guest().bearing(&again).get("/api/users/me").await.with_status(200);
        signed.push(again);
    }

    // Its key left with the second rotation; the session goes on under a new one.
    shop.guest().bearing(&ada.access_token).get("/api/users/me").await.with_status(401);
    let refresh = json!({ "refreshToken": ada.refresh_token });
    shop.guest().post("/api/auth/refresh", &refresh).await.with_status(200);
}

/// The published keys, the signing one first.
async fn kids(shop: &Shop) -> Vec<String> {
    let published = shop.guest().get("/.well-known/jwks.json").await.with_status(200).json();
    let keys = published["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Which key signed a token.
fn kid_of(token: &str) -> String {
    let header = token.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&from_base64url(header)).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}
