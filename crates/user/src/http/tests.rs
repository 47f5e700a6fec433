//! User over HTTP.

use std::sync::Arc;

use actix_web::{
    App,
    dev::ServiceResponse,
    http::{Method, StatusCode},
    middleware::from_fn,
    test::{TestRequest, call_service, init_service, read_body_json},
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
use crate::testing::{OTHER_PHONE, PHONE, Shop, phone};

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
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| routes().mount(cfg)),
    )
    .await;
    let request = request.insert_header(("authorization", format!("Bearer {bearer}"))).to_request();
    let res: ServiceResponse = call_service(&app, request).await.map_into_boxed_body();
    (res.status(), read_body_json(res).await)
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
async fn a_company_cannot_register_yet() {
    let shop = Shop::open().await;
    let body = with(profile(), &json!({ "nip": "526-025-02-74" }));
    let (status, answer) = call(&shop, "new-corporate", post("/api/complete-profile", &body)).await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    assert_eq!(answer["error"]["code"], "NOT_IMPLEMENTED");
    assert_eq!(shop.count("users.users").await, 0);
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
        let request = || TestRequest::default().method(method.clone()).uri(endpoint.path);
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
