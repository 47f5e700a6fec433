//! The texts over HTTP: shapes, versions, caching, who may publish.

use actix_web::{App, body::to_bytes, http::header, middleware::from_fn, test};
use async_trait::async_trait;
use http_kit::{Authenticate, Caller, StaffMember, failures};
use kernel::{
    Actor, Clock as _,
    id::{SessionId, StaffId},
};
use serde_json::{Value, json};

use super::*;
use crate::{document::Kind, tests::Shop};

/// A token is the name of a role.
struct ByTheirWord;

#[async_trait]
impl Authenticate for ByTheirWord {
    async fn authenticate(&self, token: &str) -> Caller {
        let now = testkit::clock().now();
        let (staff, session) = (StaffId::generate(now), SessionId::generate(now));
        let member = |role| Caller::Staff(StaffMember { actor: Actor { staff, role }, session });
        token.parse().map_or(Caller::Refused, member)
    }
}

#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    etag: String,
    json: Value,
}

async fn ask(shop: &Shop, request: test::TestRequest) -> Answer {
    let judge: Arc<dyn Authenticate> = Arc::new(ByTheirWord);
    let app = App::new()
        .app_data(Data::new(shop.content.clone()))
        .app_data(Data::from(judge))
        .wrap(from_fn(failures))
        .configure(|cfg| routes().mount(cfg));
    let app = test::init_service(app).await;
    let res = test::call_service(&app, request.to_request()).await;
    let header = |name| res.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
    let (status, etag) = (res.status().as_u16(), header(header::ETAG));
    let body = to_bytes(res.into_body()).await.unwrap();
    let json = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    Answer { status, etag, json }
}

async fn read(shop: &Shop, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = test::TestRequest::get().uri(path);
    ask(shop, headers.iter().fold(request, |request, header| request.insert_header(*header))).await
}

async fn put(shop: &Shop, role: &str, if_match: Option<&str>, body: Value) -> Answer {
    let bearer = ("authorization", format!("Bearer {role}"));
    let request = test::TestRequest::put().uri("/api/admin/content/faq").insert_header(bearer);
    let request = match if_match {
        Some(tag) => request.insert_header(("if-match", tag)),
        None => request,
    };
    ask(shop, request.set_json(body)).await
}

fn sheet(markdown: &str) -> Value {
    json!({ "translations": { "en": { "title": "Questions", "markdown": markdown } } })
}

#[actix_web::test]
async fn a_text_has_the_fields_of_the_contract() {
    let shop = Shop::open().await;
    shop.publishes(Kind::Faq, 0, &[(Language::En, "## Who?\n\nWe.\n")]).await;
    shop.publishes(Kind::Terms, 0, &[(Language::Tr, "Metin"), (Language::Pl, "## Tekst")]).await;
    let faq = read(&shop, "/api/content/faq?lang=pl", &[]).await;
    let data = json!({
        "kind": "faq", "version": 1, "lang": "en", "title": "Title en", "updatedAt": "2026-07-22T10:00:00Z",
        "sections": [{ "title": "Who?", "markdown": "We." }],
    });
    assert_eq!((faq.status, &faq.json), (200, &json!({ "success": true, "data": data })));
    let terms = read(&shop, "/api/content/terms", &[("accept-language", "pl")]).await;
    assert_eq!(terms.json["data"]["markdown"], "## Tekst");
    assert_eq!(read(&shop, "/api/content/terms?lang=tr", &[]).await.json["data"]["markdown"], "Metin");

    for (headers, status) in [
        ([("if-none-match", terms.etag.as_str()), ("accept-language", "pl")], 304),
        ([("if-none-match", faq.etag.as_str()), ("accept-language", "pl")], 200),
    ] {
        let answer = read(&shop, "/api/content/terms", &headers).await;
        assert_eq!((answer.status, answer.etag), (status, terms.etag.clone()));
    }
    for (path, status) in [
        ("/api/content/cookies", 404),
        ("/api/content/imprint", 404),
        ("/api/content/FAQ", 404),
        ("/api/content/faq?version=2", 404),
        ("/api/content/faq?version=x", 422),
        ("/api/content/faq?page=2", 422),
    ] {
        assert_eq!(read(&shop, path, &[]).await.status, status, "{path}");
    }
}

#[actix_web::test]
async fn what_is_published_is_read_within_a_second() {
    let shop = Shop::open().await;
    let bearer = [("authorization", "Bearer manager")];
    let nothing = read(&shop, "/api/admin/content/faq", &bearer).await;
    assert_eq!((nothing.etag.as_str(), &nothing.json["data"]["version"]), ("\"0\"", &json!(0)));
    assert_eq!(put(&shop, "catalogue", Some("\"0\""), sheet("## A\nb")).await.etag, "\"1\"");
    read(&shop, "/api/content/faq", &[]).await;
    let published = std::time::Instant::now();
    assert_eq!(put(&shop, "manager", Some("\"1\""), sheet("## A\r\nc")).await.etag, "\"2\"");
    while read(&shop, "/api/content/faq", &[]).await.json["data"]["sections"][0]["markdown"] != "c" {
        assert!(published.elapsed().as_secs() < 10, "it never shows");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let now = read(&shop, "/api/admin/content/faq", &bearer).await;
    assert_eq!(now.json["data"]["content"], {
        let mut sheet = sheet("## A\nc");
        sheet["translations"]["tr"] = Value::Null;
        sheet["translations"]["pl"] = Value::Null;
        sheet
    });
    let first = read(&shop, "/api/admin/content/faq?version=1", &bearer).await;
    assert_eq!(first.json["data"]["content"]["translations"]["en"]["markdown"], "## A\nb");
    let versions = read(&shop, "/api/admin/content/faq/versions?limit=1", &bearer).await.json;
    assert_eq!(versions["data"][0]["version"], 2);
    let next = format!(
        "/api/admin/content/faq/versions?cursor={}",
        versions["meta"]["nextCursor"].as_str().unwrap()
    );
    let rest = read(&shop, &next, &bearer).await.json;
    assert_eq!((&rest["data"][0]["version"], &rest["meta"]["nextCursor"]), (&json!(1), &Value::Null));
}

#[actix_web::test]
async fn publishing_is_refused_with_its_reason() {
    let shop = Shop::open().await;
    let told = async |role: &str, tag: Option<&str>, body: Value| {
        let answer = put(&shop, role, tag, body).await;
        (answer.status, answer.json["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let (good, first) = (sheet("text"), Some("\"0\""));
    for role in ["fulfilment", "finance", "support"] {
        assert_eq!(told(role, first, good.clone()).await, (403, "FORBIDDEN".to_owned()));
    }
    assert_eq!(told("nobody", first, good.clone()).await, (401, "UNAUTHENTICATED".to_owned()));
    assert_eq!(told("manager", None, good.clone()).await, (428, "IF_MATCH_REQUIRED".to_owned()));
    for tag in ["\"1\"", "0", "W/\"0\"", "\"x\"", "\"0\", \"1\""] {
        assert_eq!(
            told("manager", Some(tag), good.clone()).await,
            (412, "VERSION_OUTDATED".to_owned()),
            "{tag}"
        );
    }
    for bad in [
        sheet("<b>"),
        sheet(""),
        json!({}),
        json!({ "translations": { "de": {} } }),
        json!({ "translations": {} }),
    ] {
        assert_eq!(told("manager", first, bad).await, (422, "VALIDATION_FAILED".to_owned()));
    }
    assert_eq!(shop.db.number("select count(*) from content.documents").await, 0);
}
