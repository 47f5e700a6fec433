//! Identity over HTTP.

use std::{collections::BTreeSet, sync::Arc};

use actix_web::{
    App,
    dev::ServiceResponse,
    http::StatusCode,
    middleware::from_fn,
    test::{TestRequest, call_service, init_service, read_body_json},
    web::Data,
};
use async_trait::async_trait;
use http_kit::{Access, Authenticate, Caller, Customer, Registrant, StaffMember};
use kernel::{Actor, Email, UserType, id::ChallengeId};
use serde_json::{Value, json};
use utoipa::OpenApi as _;

use super::{ApiDoc, routes};
use crate::{
    Password, TokenService,
    api::{Bearer, Judgement, SessionsApi as _, TokensApi as _},
    testing::{GUEST_TOKEN, Shop, other_than, phone},
};

/// Does what the gateway does.
struct Door(TokenService);

#[async_trait]
impl Authenticate for Door {
    async fn authenticate(&self, token: &str) -> Caller {
        match self.0.judge(token) {
            Judgement::Good(Bearer::Customer { user, session, user_type }) => {
                Caller::Customer(Customer { user, session, user_type })
            }
            Judgement::Good(Bearer::Registrant { user, phone, user_type }) => {
                Caller::Registrant(Registrant { user, phone, user_type })
            }
            Judgement::Good(Bearer::Staff { staff, session, role }) => {
                Caller::Staff(StaffMember { actor: Actor { staff, role }, session })
            }
            Judgement::Refused => Caller::Refused,
            Judgement::Unknown => Caller::Unjudged,
        }
    }
}

async fn call(shop: &Shop, request: TestRequest) -> ServiceResponse {
    let door: Arc<dyn Authenticate> = Arc::new(Door(shop.tokens.clone()));
    let app = init_service(
        App::new()
            .app_data(Data::from(door))
            .app_data(Data::new(shop.tokens.clone()))
            .app_data(Data::new(shop.sessions.clone()))
            .app_data(Data::new(shop.codes.clone()))
            .app_data(Data::new(shop.staff.clone()))
            .app_data(Data::new(shop.guests.clone()))
            .wrap(from_fn(http_kit::failures))
            .configure(|cfg| routes().mount(cfg)),
    )
    .await;
    call_service(&app, request.to_request()).await.map_into_boxed_body()
}

fn post(path: &str, body: &Value) -> TestRequest {
    TestRequest::post().uri(path).set_json(body)
}

#[actix_web::test]
async fn from_the_code_to_logging_out() {
    let shop = Shop::open().await;
    let user = shop.user();
    shop.people.register(&phone(), UserType::Individual, user);

    let ask = json!({ "phoneNumber": "+48501502503", "userType": "individual" });
    let res = call(&shop, post("/api/auth/send-otp?lang=pl", &ask)).await;
    assert_eq!(res.status(), StatusCode::ACCEPTED);
    let sent: Value = read_body_json(res).await;
    assert_eq!(sent["data"]["expiresInSeconds"], 300);
    assert_eq!(sent["data"]["resendAfterSeconds"], 60);
    let languages = shop.db.lines("select payload->>'language' from platform.outbox").await;
    assert_eq!(languages, ["(pl)"]);

    let res = call(&shop, post("/api/auth/send-otp", &ask)).await;
    assert_eq!(res.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(res.headers().get("retry-after").unwrap(), "60");
    let refused: Value = read_body_json(res).await;
    assert_eq!(refused["error"]["code"], "OTP_LIMIT");

    let challenge: ChallengeId = sent["data"]["challengeId"].as_str().unwrap().parse().unwrap();
    let code = shop.code(challenge).await;
    let guess = |code: &str| json!({ "challengeId": challenge, "phoneNumber": "+48501502503", "code": code });
    let wrong = post("/api/auth/verify-otp", &guess(other_than(&code)));
    let res = call(&shop, wrong).await;
    assert_eq!(res.status(), StatusCode::UNAUTHORIZED);
    let refused: Value = read_body_json(res).await;
    assert_eq!(refused["error"]["code"], "OTP_INVALID");

    let res = call(&shop, post("/api/auth/verify-otp", &guess(&code))).await;
    assert_eq!(res.status(), StatusCode::OK);
    let signed_in: Value = read_body_json(res).await;
    let data = &signed_in["data"];
    assert_eq!((&data["status"], &data["expiresInSeconds"]), (&json!("signed_in"), &json!(600)));
    assert_eq!(data["user"]["id"], json!(user));

    let refresh = json!({ "refreshToken": data["refreshToken"] });
    let res = call(&shop, post("/api/auth/refresh", &refresh)).await;
    assert_eq!(res.status(), StatusCode::OK);
    let pair: Value = read_body_json(res).await;
    let bearer = format!("Bearer {}", pair["data"]["accessToken"].as_str().unwrap());

    let logout = || TestRequest::post().uri("/api/auth/logout");
    let res = call(&shop, logout()).await;
    assert_eq!(res.status(), StatusCode::UNAUTHORIZED);
    let res = call(&shop, logout().insert_header(("authorization", bearer))).await;
    assert_eq!(res.status(), StatusCode::NO_CONTENT);
    let refresh = json!({ "refreshToken": pair["data"]["refreshToken"] });
    let res = call(&shop, post("/api/auth/refresh", &refresh)).await;
    assert_eq!(res.status(), StatusCode::UNAUTHORIZED);
    let refused: Value = read_body_json(res).await;
    assert_eq!(refused["error"]["code"], "UNAUTHENTICATED");
}

#[actix_web::test]
async fn a_guest_comes_along_by_signing_in_or_by_asking_and_never_stops_anybody() {
    let shop = Shop::open().await;
    let user = shop.user();
    shop.people.register(&phone(), UserType::Individual, user);
    let migrate = |bearer: &str| {
        post("/api/auth/migrate-guest-data", &json!({ "guestToken": GUEST_TOKEN }))
            .insert_header(("authorization", bearer.to_owned()))
    };
    for token in [GUEST_TOKEN, "nobody's"] {
        let sent = shop.send(&phone()).await.unwrap();
        let code = shop.code(sent.challenge).await;
        let guess = json!({
            "challengeId": sent.challenge, "phoneNumber": "+48501502503", "code": code, "guestToken": token,
        });
        let res = call(&shop, post("/api/auth/verify-otp", &guess)).await;
        assert_eq!(res.status(), StatusCode::OK, "{token}");
        let answer: Value = read_body_json(res).await;
        let bearer = format!("Bearer {}", answer["data"]["accessToken"].as_str().unwrap());
        let moved: Value = read_body_json(call(&shop, migrate(&bearer)).await).await;
        assert_eq!(moved["data"], json!({ "cartItems": 3, "favorites": 1 }), "told again");
        shop.clock.advance(chrono::TimeDelta::minutes(2));
    }
    let unsigned =
        call(&shop, post("/api/auth/migrate-guest-data", &json!({ "guestToken": GUEST_TOKEN }))).await;
    assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);
    let thief = shop.sessions.open(shop.user(), UserType::Individual, None).await.unwrap().access_token;
    let res = call(&shop, migrate(&format!("Bearer {thief}"))).await;
    assert_eq!(res.status(), StatusCode::NOT_FOUND);
    let refused: Value = read_body_json(res).await;
    assert_eq!(refused["error"]["code"], "GUEST_SESSION_NOT_FOUND");
}

#[actix_web::test]
async fn a_registration_token_does_not_log_out() {
    let shop = Shop::open().await;
    let sent = shop.send(&phone()).await.unwrap();
    let code = shop.code(sent.challenge).await;
    let guess = json!({ "challengeId": sent.challenge, "phoneNumber": "+48501502503", "code": code });
    let res = call(&shop, post("/api/auth/verify-otp", &guess)).await;
    let answer: Value = read_body_json(res).await;
    assert_eq!(answer["data"]["status"], "registration_required");
    let bearer = format!("Bearer {}", answer["data"]["registrationToken"].as_str().unwrap());
    let logout = TestRequest::post().uri("/api/auth/logout").insert_header(("authorization", bearer));
    assert_eq!(call(&shop, logout).await.status(), StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn bad_requests_name_their_fields() {
    let shop = Shop::open().await;
    let (send, verify) = ("/api/auth/send-otp", "/api/auth/verify-otp");
    let id = "0198c0de-0000-7000-8000-000000000001";
    for (path, body, expected) in [
        (send, json!({ "phoneNumber": "501", "userType": "individual" }), vec!["phoneNumber:PHONE"]),
        (
            send,
            json!({ "phoneNumber": "+12025550123", "userType": "individual" }),
            vec!["phoneNumber:COUNTRY"],
        ),
        (send, json!({ "phoneNumber": "+48501502503", "userType": "admin" }), vec!["userType:INVALID"]),
        (send, json!({ "phoneNumber": "+48501502503" }), vec!["userType:REQUIRED"]),
        (
            send,
            json!({ "phoneNumber": "+48501502503", "userType": "individual", "role": "owner" }),
            vec!["role:UNKNOWN"],
        ),
        (
            verify,
            json!({ "challengeId": id, "phoneNumber": "1", "code": "12345x", "guestToken": "g" }),
            vec!["phoneNumber:PHONE", "code:INVALID"],
        ),
        (
            verify,
            json!({ "challengeId": "x", "phoneNumber": "+48501502503", "code": "123456" }),
            vec!["challengeId:INVALID"],
        ),
    ] {
        let res = call(&shop, post(path, &body)).await;
        assert_eq!(res.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let answer: Value = read_body_json(res).await;
        assert_eq!(answer["error"]["code"], "VALIDATION_FAILED");
        let fields: Vec<String> = answer["error"]["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| format!("{}:{}", f["field"].as_str().unwrap(), f["code"].as_str().unwrap()))
            .collect();
        assert_eq!(fields, expected, "{body}");
    }
    assert_eq!(shop.count("platform.outbox").await, 0);
}

#[actix_web::test]
async fn the_key_set_is_published_as_the_standard_has_it() {
    let shop = Shop::open().await;
    let res = call(&shop, TestRequest::get().uri("/.well-known/jwks.json")).await;
    assert_eq!(res.status(), StatusCode::OK);
    let set: Value = read_body_json(res).await;
    let kids: Vec<&Value> = set["keys"].as_array().unwrap().iter().map(|k| &k["kid"]).collect();
    assert_eq!(kids, ["new", "old"]);
    let key = &set["keys"][0];
    assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
    assert!(key.get("d").is_none(), "a private key was published");
}

fn bearing(request: TestRequest, token: &Value) -> TestRequest {
    request.insert_header(("authorization", format!("Bearer {}", token.as_str().unwrap())))
}

async fn answer(shop: &Shop, request: TestRequest, status: u16) -> Value {
    let res = call(shop, request).await;
    assert_eq!(res.status().as_u16(), status);
    read_body_json(res).await
}

#[actix_web::test]
async fn somebody_of_the_shop_signs_in_does_what_the_role_allows_and_nothing_else() {
    let shop = Shop::open().await;
    let (email, password) = ("boss@example.com", "correct horse battery");
    let owner: Email = email.parse().unwrap();
    shop.staff.bootstrap(&owner, &Password::parse(password).unwrap()).await.unwrap();
    let login = |email: &str, password: &str| {
        post("/api/admin/auth/login", &json!({ "email": email, "password": password }))
    };
    let signed_in = answer(&shop, login("BOSS@example.com", password), 200).await;
    let boss = &signed_in["data"];
    assert_eq!((&boss["staff"]["role"], &boss["expiresInSeconds"]), (&json!("owner"), &json!(600)));
    let refused = answer(&shop, login(email, "wrong horse battery"), 401).await;
    assert_eq!(refused["error"]["code"], "BAD_CREDENTIALS");

    let staff = || TestRequest::get().uri("/api/admin/staff");
    let form = json!({ "email": "ola@example.com", "name": "Ola", "role": "support", "password": password });
    let hired = answer(&shop, bearing(post("/api/admin/staff", &form), &boss["accessToken"]), 201).await;
    let taken = answer(&shop, bearing(post("/api/admin/staff", &form), &boss["accessToken"]), 409).await;
    assert_eq!(taken["error"]["code"], "EMAIL_TAKEN");
    assert_eq!(answer(&shop, bearing(staff(), &boss["accessToken"]), 200).await["data"][0]["name"], "Ola");

    let ola = answer(&shop, login("ola@example.com", password), 200).await;
    let forbidden = answer(&shop, bearing(staff(), &ola["data"]["accessToken"]), 403).await;
    assert_eq!(forbidden["error"]["code"], "FORBIDDEN");
    let me = TestRequest::get().uri("/api/admin/auth/me");
    let me = answer(&shop, bearing(me, &ola["data"]["accessToken"]), 200).await;
    assert_eq!(me["data"]["email"], "ola@example.com");

    // At a customer's door neither token of hers serves, and a customer's none here.
    let logout = TestRequest::post().uri("/api/auth/logout");
    answer(&shop, bearing(logout, &ola["data"]["accessToken"]), 401).await;
    let refresh = json!({ "refreshToken": ola["data"]["refreshToken"] });
    answer(&shop, post("/api/auth/refresh", &refresh), 401).await;
    let renewed = answer(&shop, post("/api/admin/auth/refresh", &refresh), 200).await;
    answer(&shop, bearing(staff(), &json!("nonsense")), 401).await;

    // Another role: what she was signed in with ends, and the next token says the new one.
    let path = format!("/api/admin/staff/{}", hired["data"]["id"].as_str().unwrap());
    let promote = TestRequest::patch().uri(&path).set_json(json!({ "role": "owner" }));
    answer(&shop, bearing(promote, &boss["accessToken"]), 200).await;
    answer(&shop, bearing(staff(), &renewed["data"]["accessToken"]), 401).await;
    let refresh = json!({ "refreshToken": renewed["data"]["refreshToken"] });
    answer(&shop, post("/api/admin/auth/refresh", &refresh), 401).await;
    let ola = answer(&shop, login("ola@example.com", password), 200).await;
    answer(&shop, bearing(staff(), &ola["data"]["accessToken"]), 200).await;
    let extra = TestRequest::patch().uri(&path).set_json(json!({ "failures": 0 }));
    answer(&shop, bearing(extra, &boss["accessToken"]), 422).await;
}

#[test]
fn the_document_lists_the_routes_and_no_others() {
    let doc = ApiDoc::openapi();
    let documented: BTreeSet<&str> = doc.paths.paths.keys().map(String::as_str).collect();
    let table = routes();
    let mounted: BTreeSet<&str> = table.endpoints().iter().map(|e| e.path).collect();
    assert_eq!(documented, mounted);
    let open: BTreeSet<&str> =
        table.endpoints().iter().filter(|e| e.access == Access::Public).map(|e| e.path).collect();
    assert_eq!(
        open,
        BTreeSet::from([
            "/.well-known/jwks.json",
            "/api/admin/auth/login",
            "/api/admin/auth/refresh",
            "/api/auth/refresh",
            "/api/auth/send-otp",
            "/api/auth/verify-otp",
        ])
    );
}
