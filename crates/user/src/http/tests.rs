//! User over HTTP.

use std::sync::Arc;

use actix_web::{
    App,
    dev::ServiceResponse,
    http::{Method, StatusCode},
    middleware::from_fn,
    test::{TestRequest, call_service, init_service, read_body, read_body_json},
    web::Data,
};
use async_trait::async_trait;
use http_kit::{Access, Authenticate, Caller, Customer, Registrant};
use kernel::{
    Clock as _, UserType,
    id::{SessionId, UserId},
};
use serde_json::{Value, json};
use utoipa::OpenApi as _;

use super::{ApiDoc, routes};
use crate::{
    ports::{CodeError, TaxRecord, VatStatus},
    testing::{CODE, NIP, OTHER_PHONE, PHONE, Shop, company, phone, place},
};

/// `new <type>` is a registrant with [`PHONE`], anything that is an id that user.
struct Door;

#[async_trait]
impl Authenticate for Door {
    async fn authenticate(&self, token: &str) -> Caller {
        let session = SessionId::generate(testkit::clock().now());
        let id = session.0;
        if let Some(user_type) = token.strip_prefix("new-") {
            let user_type = user_type.parse().unwrap();
            return Caller::Registrant(Registrant { user: UserId(id), phone: phone(PHONE), user_type });
        }
        token.parse().map_or(Caller::Refused, |user| {
            Caller::Customer(Customer { user, session, user_type: UserType::Individual })
        })
    }
}

async fn call(shop: &Shop, bearer: &str, request: TestRequest) -> (StatusCode, Value) {
    let door: Arc<dyn Authenticate> = Arc::new(Door);
    let app = init_service(
        App::new()
            .app_data(Data::from(door))
            .app_data(Data::new(shop.users.clone()))
            .app_data(Data::new(shop.deletions.clone()))
            .app_data(Data::new(shop.exports.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| routes().mount(cfg)),
    )
    .await;
    let request = request.insert_header(("authorization", format!("Bearer {bearer}"))).to_request();
    let res: ServiceResponse = call_service(&app, request).await.map_into_boxed_body();
    let status = res.status();
    let body = read_body(res).await;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    (status, body)
}

fn post(path: &str, body: &Value) -> TestRequest {
    TestRequest::post().uri(path).set_json(body)
}

fn profile() -> Value {
    json!({
        "firstName": " Ayşe ", "lastName": "Yılmaz", "email": "ayse@example.com",
        "termsAccepted": true, "privacyAccepted": true,
    })
}

fn with(mut body: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn fields(answer: &Value) -> Vec<String> {
    let fields = answer["error"]["fields"].as_array().unwrap().iter();
    fields.map(|f| format!("{}:{}", f["field"].as_str().unwrap(), f["code"].as_str().unwrap())).collect()
}

#[actix_web::test]
async fn a_registrant_completes_the_profile_once() {
    let shop = Shop::open().await;
    let complete = "/api/complete-profile?lang=en";
    let (status, answer) = call(&shop, "new-individual", post(complete, &profile())).await;
    assert_eq!(status, StatusCode::CREATED);
    let data = &answer["data"];
    assert_eq!((&data["user"]["firstName"], &data["user"]["language"]), (&json!("Ayşe"), &json!("en")));
    assert_eq!((&data["user"]["phoneNumber"], &data["expiresInSeconds"]), (&json!(PHONE), &json!(600)));
    let user = data["user"]["id"].as_str().unwrap();
    assert_eq!(data["accessToken"], format!("access-{user}"));

    let (status, again) = call(&shop, "new-individual", post(complete, &profile())).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(again["error"]["code"], "ALREADY_REGISTERED");

    let (status, me) = call(&shop, user, TestRequest::get().uri("/api/users/me")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(&me["data"], &data["user"]);
}

#[actix_web::test]
async fn a_form_hears_of_every_bad_field_at_once() {
    let shop = Shop::open().await;
    for (bearer, body, expected) in [
        (
            "new-individual",
            json!({}),
            vec![
                "firstName:REQUIRED",
                "lastName:REQUIRED",
                "email:REQUIRED",
                "termsAccepted:REQUIRED",
                "privacyAccepted:REQUIRED",
            ],
        ),
        (
            "new-corporate",
            json!({
                "firstName": "a".repeat(61), "lastName": "a\u{0}b", "email": "a@b", "termsAccepted": false,
                "privacyAccepted": false, "language": "de", "nip": "5260250275",
            }),
            vec![
                "firstName:TOO_LONG",
                "lastName:INVALID",
                "email:EMAIL",
                "nip:NIP",
                "termsAccepted:MUST_ACCEPT",
                "privacyAccepted:MUST_ACCEPT",
                "language:LANGUAGE",
            ],
        ),
        ("new-corporate", profile(), vec!["nip:REQUIRED"]),
        ("new-individual", with(profile(), &json!({ "nip": "5260250274" })), vec!["nip:UNKNOWN"]),
        ("new-individual", with(profile(), &json!({ "role": "owner" })), vec!["role:UNKNOWN"]),
        ("new-individual", with(profile(), &json!({ "userType": "corporate" })), vec!["userType:UNKNOWN"]),
    ] {
        let (status, answer) = call(&shop, bearer, post("/api/complete-profile", &body)).await;
        assert_eq!(
            (status, fields(&answer)),
            (StatusCode::UNPROCESSABLE_ENTITY, to_owned(&expected)),
            "{body}"
        );
    }
    assert_eq!(shop.count("users.users").await, 0);
}

fn to_owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&t| t.to_owned()).collect()
}

#[actix_web::test]
async fn a_company_registers_with_its_tax_number() {
    let shop = Shop::open().await;
    let body = with(profile(), &json!({ "nip": "526-025-02-74" }));
    let complete = || post("/api/complete-profile", &body);
    shop.register.turn(true);
    let (status, away) = call(&shop, "new-corporate", complete()).await;
    assert_eq!((status, &away["error"]["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("UNAVAILABLE")));
    shop.register.turn(false);
    let (status, answer) = call(&shop, "new-corporate", complete()).await;
    assert_eq!(status, StatusCode::CREATED);
    let user = &answer["data"]["user"];
    let company = (&user["company"]["name"], &user["company"]["nip"], &user["userType"]);
    assert_eq!(company, (&json!("ROSE SP. Z O.O."), &json!(NIP), &json!("corporate")));
    assert!(user["company"]["id"].is_string());
    let (status, me) =
        call(&shop, user["id"].as_str().unwrap(), TestRequest::get().uri("/api/users/me")).await;
    assert_eq!((status, &me["data"]), (StatusCode::OK, user));
}

#[actix_web::test]
async fn a_tax_number_is_checked_by_its_sum_and_then_by_the_register() {
    let shop = Shop::open().await;
    let check = |nip: &str| post("/api/utils/check-nip", &json!({ "nip": nip }));
    // Good and bad by the sum; none of them is in the register but the first.
    for (nip, expected) in [
        ("5260250274", 200),
        (" 526-025 02-74", 200),
        ("1234563218", 404),
        ("7740001454", 404),
        ("5260250275", 422),
        ("0000000000", 422),
        ("1111111111", 422),
        // The sum is 10 mod 11: there is no such check digit.
        ("5260000070", 422),
        ("526025027", 422),
        ("52602502744", 422),
        ("PL5260250274", 422),
        ("", 422),
    ] {
        let (status, answer) = call(&shop, "", check(nip)).await;
        assert_eq!(status.as_u16(), expected, "{nip}: {answer}");
        if expected == 422 {
            assert_eq!(fields(&answer), ["nip:NIP"], "{nip}");
        }
    }
    let (_, answer) = call(&shop, "", check(NIP)).await;
    let expected = json!({
        "nip": NIP, "companyName": "ROSE SP. Z O.O.", "statusVat": "Czynny", "regon": "123456785",
        "krs": "0000636771", "address": "UL. PROSTA 51, 00-838 WARSZAWA", "registrationDate": "2018-02-21",
    });
    assert_eq!(answer["data"], expected);
    let extra = post("/api/utils/check-nip", &json!({ "nip": NIP, "role": "owner" }));
    assert_eq!(fields(&call(&shop, "", extra).await.1), ["role:UNKNOWN"]);

    shop.register.enter(TaxRecord {
        nip: "7740001454".to_owned(),
        vat_status: VatStatus::Exempt,
        ..company()
    });
    let (status, refused) = call(&shop, "", check("7740001454")).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::CONFLICT, &json!("VAT_NOT_ACTIVE")));
    let told = &refused["error"]["params"];
    assert_eq!((&told["statusVat"], &told["companyName"]), (&json!("Zwolniony"), &json!("ROSE SP. Z O.O.")));
    shop.register.turn(true);
    let (status, away) = call(&shop, "", check("1234563218")).await;
    assert_eq!((status, &away["error"]["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("UNAVAILABLE")));
}

#[actix_web::test]
async fn each_route_takes_only_its_own_kind_of_token() {
    let shop = Shop::open().await;
    let user = shop.registered(OTHER_PHONE).await.to_string();
    let complete = || post("/api/complete-profile", &profile());
    assert_eq!(call(&shop, &user, complete()).await.0, StatusCode::UNAUTHORIZED);
    let table = routes();
    for endpoint in table.endpoints().iter().filter(|e| e.access == Access::Customer) {
        let method: Method = endpoint.method.parse().unwrap();
        let path = endpoint.path.replace("{id}", "019c0000-0000-7000-8000-000000000001");
        let request = || TestRequest::default().method(method.clone()).uri(&path);
        for bearer in ["new-individual", "nonsense"] {
            let (status, _) = call(&shop, bearer, request()).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{} {}", endpoint.method, endpoint.path);
        }
    }
}

#[actix_web::test]
async fn a_profile_is_changed_field_by_field() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await.to_string();
    let put = |body: Value| TestRequest::put().uri("/api/users/me").set_json(body);
    let (status, answer) = call(&shop, &user, put(json!({ "firstName": "Fatma", "language": "tr" }))).await;
    assert_eq!(status, StatusCode::OK);
    let names = (&answer["data"]["firstName"], &answer["data"]["lastName"], &answer["data"]["language"]);
    assert_eq!(names, (&json!("Fatma"), &json!("Żółć"), &json!("tr")));
    assert_eq!(call(&shop, &user, put(json!({}))).await.0, StatusCode::OK);

    let bad = json!({ "firstName": "", "lastName": "x".repeat(61), "email": "x", "language": "TR" });
    let (status, answer) = call(&shop, &user, put(bad)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        fields(&answer),
        ["firstName:REQUIRED", "lastName:TOO_LONG", "email:EMAIL", "language:LANGUAGE"]
    );
    for forbidden in ["phoneNumber", "userType", "role", "id"] {
        let (status, answer) = call(&shop, &user, put(json!({ forbidden: "x" }))).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(fields(&answer), [format!("{forbidden}:UNKNOWN")]);
    }
    let nobody = UserId::generate(shop.clock.now()).to_string();
    let (status, _) = call(&shop, &nobody, TestRequest::get().uri("/api/users/me")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn addresses_are_checked_by_their_country() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await.to_string();
    let path = "/api/users/me/addresses";
    let good = json!({
        "title": "Dom", "street": "ul. Piotrkowska 1/2", "city": "Łódź", "postalCode": "90-001", "country": "PL",
    });
    let (status, answer) = call(&shop, &user, post(path, &good)).await;
    assert_eq!(status, StatusCode::CREATED);
    let data = &answer["data"];
    assert_eq!((&data["isDefaultDelivery"], &data["isDefaultBilling"]), (&json!(true), &json!(true)));
    assert_eq!((&data["postalCode"], &data["recipient"]), (&json!("90-001"), &Value::Null));
    let (_, list) = call(&shop, &user, TestRequest::get().uri(path)).await;
    assert_eq!(list["data"], json!([data]));

    for (changes, expected) in [
        (json!({ "postalCode": "90001" }), vec!["postalCode:POSTAL_CODE"]),
        (json!({ "country": "TR" }), vec!["postalCode:POSTAL_CODE"]),
        (json!({ "country": "XX" }), vec!["country:COUNTRY"]),
        (json!({ "country": null, "postalCode": null }), vec!["country:REQUIRED", "postalCode:REQUIRED"]),
        (
            json!({ "title": " ", "recipient": "", "street": "x".repeat(121), "city": "a\nb" }),
            vec!["title:REQUIRED", "recipient:REQUIRED", "street:TOO_LONG", "city:INVALID"],
        ),
        (json!({ "isDefaultDelivery": true }), vec!["isDefaultDelivery:UNKNOWN"]),
        (json!({ "userId": user }), vec!["userId:UNKNOWN"]),
    ] {
        let body = with(good.clone(), &changes);
        let (status, answer) = call(&shop, &user, post(path, &body)).await;
        assert_eq!(
            (status, fields(&answer)),
            (StatusCode::UNPROCESSABLE_ENTITY, to_owned(&expected)),
            "{body}"
        );
    }
    assert_eq!(shop.count("users.addresses").await, 1);
}

#[actix_web::test]
async fn an_address_is_changed_made_default_and_deleted() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await.to_string();
    let path = "/api/users/me/addresses";
    let home = json!({
        "title": "Dom", "street": "ul. Piotrkowska 1/2", "city": "Łódź", "postalCode": "90-001", "country": "PL",
    });
    let (_, added) = call(&shop, &user, post(path, &home)).await;
    let (_, second) = call(&shop, &user, post(path, &with(home.clone(), &json!({ "title": "Praca" })))).await;
    let at = |answer: &Value| format!("{path}/{}", answer["data"]["id"].as_str().unwrap());
    let put = |body: &Value| TestRequest::put().uri(&at(&added)).set_json(body);
    let moved = with(home.clone(), &json!({ "city": "Kraków", "postalCode": "31-001" }));
    let (status, changed) = call(&shop, &user, put(&moved)).await;
    assert_eq!((status, &changed["data"]["city"]), (StatusCode::OK, &json!("Kraków")));
    assert_eq!(changed["data"]["isDefaultBilling"], json!(true));
    let (status, refused) = call(&shop, &user, put(&json!({ "title": "Dom" }))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        fields(&refused),
        ["street:REQUIRED", "city:REQUIRED", "country:REQUIRED", "postalCode:REQUIRED"]
    );
    let (_, refused) = call(&shop, &user, put(&with(home, &json!({ "isDefaultBilling": true })))).await;
    assert_eq!(fields(&refused), ["isDefaultBilling:UNKNOWN"]);

    let set = |body: &Value| post(&format!("{}/set-default", at(&second)), body);
    let (status, made) = call(&shop, &user, set(&json!({ "type": "delivery" }))).await;
    let defaults = (&made["data"]["isDefaultDelivery"], &made["data"]["isDefaultBilling"]);
    assert_eq!((status, defaults), (StatusCode::OK, (&json!(true), &json!(false))));
    for bad in [json!({}), json!({ "type": "both" }), json!({ "type": "billing", "userId": user })] {
        assert_eq!(call(&shop, &user, set(&bad)).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    let delete = |path: &str| TestRequest::delete().uri(path);
    let (status, body) = call(&shop, &user, delete(&at(&second))).await;
    assert_eq!((status, body), (StatusCode::NO_CONTENT, Value::Null));
    let (_, list) = call(&shop, &user, TestRequest::get().uri(path)).await;
    assert_eq!(
        (list["data"].as_array().unwrap().len(), &list["data"][0]["isDefaultDelivery"]),
        (1, &json!(true))
    );
}

#[actix_web::test]
async fn somebody_elses_address_is_as_absent_as_none() {
    let shop = Shop::open().await;
    let (mine, yours) = (shop.registered(PHONE).await, shop.registered(OTHER_PHONE).await.to_string());
    let address = shop.users.add_address(mine, place("Dom")).await.unwrap().id.to_string();
    let absent = UserId::generate(shop.clock.now()).to_string();
    let home = json!({
        "title": "Dom", "street": "ul. Piotrkowska 1/2", "city": "Łódź", "postalCode": "90-001", "country": "PL",
    });
    let asks: [&dyn Fn(&str) -> TestRequest; 3] = [
        &|path| TestRequest::put().uri(path).set_json(&home),
        &|path| TestRequest::delete().uri(path),
        &|path| post(&format!("{path}/set-default"), &json!({ "type": "billing" })),
    ];
    for asks in asks {
        let theirs = call(&shop, &yours, asks(&format!("/api/users/me/addresses/{address}"))).await;
        let none = call(&shop, &yours, asks(&format!("/api/users/me/addresses/{absent}"))).await;
        assert_eq!(theirs.1["error"]["code"], "ADDRESS_NOT_FOUND");
        assert_eq!((theirs.0, &theirs.1), (StatusCode::NOT_FOUND, &none.1));
        let garbage = call(&shop, &yours, asks("/api/users/me/addresses/1")).await;
        assert_eq!(garbage.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(shop.users.addresses(mine).await.unwrap().len(), 1);
}

#[actix_web::test]
async fn preferences_change_by_what_is_given() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await.to_string();
    let path = "/api/users/me/preferences";
    let put = |body: &Value| TestRequest::put().uri(path).set_json(body);
    let (status, answer) = call(&shop, &user, TestRequest::get().uri(path)).await;
    let usual = json!({
        "notifications": { "sms": true, "push": true, "email": true },
        "consents": { "marketing": false, "analytics": false, "partners": false },
    });
    assert_eq!((status, &answer["data"]), (StatusCode::OK, &usual));
    let (status, answer) = call(&shop, &user, put(&json!({}))).await;
    assert_eq!((status, &answer["data"]), (StatusCode::OK, &usual));
    let change = json!({ "notifications": { "sms": false }, "consents": { "partners": true } });
    let (_, answer) = call(&shop, &user, put(&change)).await;
    let changed = json!({
        "notifications": { "sms": false, "push": true, "email": true },
        "consents": { "marketing": false, "analytics": false, "partners": true },
    });
    assert_eq!(answer["data"], changed);
    let (status, answer) = call(&shop, &user, put(&changed)).await;
    assert_eq!((status, &answer["data"]), (StatusCode::OK, &changed), "what was read may be sent back");
    for (body, expected) in [
        (json!({ "role": "owner" }), "role:UNKNOWN"),
        (json!({ "consents": { "terms": false } }), "consents.terms:UNKNOWN"),
        (json!({ "notifications": { "fax": true } }), "notifications.fax:UNKNOWN"),
        (json!({ "consents": { "marketing": "yes" } }), "consents.marketing:INVALID"),
    ] {
        let (status, answer) = call(&shop, &user, put(&body)).await;
        assert_eq!((status, fields(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, vec![expected.to_owned()]));
    }
    assert_eq!(shop.count("users.consents where kind = 'partners'").await, 1);
}

#[actix_web::test]
async fn leaving_takes_a_code() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await.to_string();
    let path = "/api/users/me/deletion";
    let (status, sent) = call(&shop, &user, TestRequest::post().uri(path)).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let told = (&sent["data"]["expiresInSeconds"], &sent["data"]["resendAfterSeconds"]);
    assert_eq!(told, (&json!(300), &json!(60)));
    let confirm = format!("{path}/confirm");
    let good = json!({ "challengeId": sent["data"]["challengeId"], "code": CODE });
    for (changes, status, expected) in [
        (json!({ "code": "12345" }), StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_FAILED"),
        (json!({ "code": "12345a" }), StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_FAILED"),
        (json!({ "challengeId": "x" }), StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_FAILED"),
        (json!({ "userId": user }), StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_FAILED"),
        (json!({ "code": "000000" }), StatusCode::UNAUTHORIZED, "OTP_INVALID"),
    ] {
        let (told, answer) = call(&shop, &user, post(&confirm, &with(good.clone(), &changes))).await;
        assert_eq!((told, &answer["error"]["code"]), (status, &json!(expected)), "{changes}");
    }
    let (status, answer) = call(&shop, &user, post(&confirm, &good)).await;
    let expected = json!({ "deletionAt": "2026-08-11T10:00:00Z" });
    assert_eq!((status, &answer["data"]), (StatusCode::ACCEPTED, &expected));

    let wait = std::time::Duration::from_secs(77);
    *shop.codes.refusal.lock().unwrap() = Some(CodeError::TooMany { wait });
    let (status, answer) = call(&shop, &user, TestRequest::post().uri(path)).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("OTP_LIMIT")));
}

#[actix_web::test]
async fn an_export_is_a_file() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    shop.users.add_address(user, place("Dom")).await.unwrap();
    let door: Arc<dyn Authenticate> = Arc::new(Door);
    let app = init_service(
        App::new()
            .app_data(Data::from(door))
            .app_data(Data::new(shop.exports.clone()))
            .configure(|cfg| routes().mount(cfg)),
    )
    .await;
    let request = TestRequest::get().uri("/api/users/me/export");
    let request = request.insert_header(("authorization", format!("Bearer {user}"))).to_request();
    let res = call_service(&app, request).await;
    let (status, headers) = (res.status(), res.headers().clone());
    assert_eq!(status, StatusCode::OK);
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("content-disposition"), "attachment; filename=\"metropolitan-my-data.json\"");
    assert_eq!(header("cache-control"), "no-store");
    let body: Value = read_body_json(res).await;
    let data = &body["data"];
    assert_eq!(
        (&data["profile"]["phoneNumber"], &data["addresses"][0]["title"]),
        (&json!(PHONE), &json!("Dom"))
    );
    assert_eq!(data["consents"][0]["at"], json!("2026-07-22T10:00:00Z"));
    assert_eq!(data["preferences"]["notifications"]["sms"], json!(true));
}

#[test]
fn the_document_lists_the_routes_and_no_others() {
    let doc = ApiDoc::openapi();
    let mut documented: Vec<&str> = doc.paths.paths.keys().map(String::as_str).collect();
    let table = routes();
    let mut mounted: Vec<&str> = table.endpoints().iter().map(|e| e.path).collect();
    documented.sort_unstable();
    mounted.sort_unstable();
    mounted.dedup();
    assert_eq!(documented, mounted);
}
