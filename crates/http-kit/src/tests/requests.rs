//! What becomes of a request: bodies, queries, callers, languages, limits.

use std::sync::{Arc, atomic::AtomicU32};

use actix_web::{
    http::{Method, StatusCode, header::ContentEncoding},
    test::TestRequest,
    web::Bytes,
};
use kernel::ErrorKind;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Meter, Site, USER, routes};
use crate::{Access, Fields, Limit, MAX_BODY_BYTES, Rendered, RequestId, body::read_within};

const JSON: &str = "application/json";

#[actix_web::test]
async fn success_is_an_envelope_around_the_data() {
    let made = Site::new().post(JSON, r#"{"ownerName":"Ada"}"#).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.json(), json!({ "success": true, "data": { "ownerName": "Ada", "parts": [] } }));
    assert_eq!((made.header("content-type"), made.header("cache-control")), (Some(JSON), Some("no-store")));
}

#[actix_web::test]
async fn failure_is_an_envelope_with_text_fields_and_the_requests_id() {
    let request = TestRequest::post().uri("/baskets?lang=en").insert_header(("content-type", JSON));
    let request = request.insert_header(("x-request-id", "r-1")).set_payload("{}");
    let refused = Site::new().ask(request).await;
    assert_eq!(refused.status, 422);
    let fields = json!([{ "field": "ownerName", "code": "REQUIRED", "message": "FIELD_REQUIRED in en {}" }]);
    let error =
        json!({ "code": "VALIDATION_FAILED", "message": "VALIDATION_FAILED in en {}", "fields": fields });
    assert_eq!(refused.json(), json!({ "success": false, "error": error, "requestId": "r-1" }));
    assert_eq!(
        (refused.header("content-type"), refused.header("cache-control")),
        (Some(JSON), Some("no-store"))
    );
}

#[actix_web::test]
async fn every_kind_of_failure_has_its_status_and_our_own_faults_tell_nothing() {
    let mut site = Site::new();
    for (kind, status, code) in [
        (ErrorKind::Malformed, 400, "BROKEN"),
        (ErrorKind::Unauthenticated, 401, "BROKEN"),
        (ErrorKind::Forbidden, 403, "BROKEN"),
        (ErrorKind::NotFound, 404, "BROKEN"),
        (ErrorKind::Conflict, 409, "BROKEN"),
        (ErrorKind::Gone, 410, "BROKEN"),
        (ErrorKind::TooLarge, 413, "BROKEN"),
        (ErrorKind::UnsupportedType, 415, "BROKEN"),
        (ErrorKind::Invalid, 422, "BROKEN"),
        (ErrorKind::RateLimited, 429, "BROKEN"),
        (ErrorKind::Internal, 500, "INTERNAL"),
        (ErrorKind::NotImplemented, 501, "BROKEN"),
        (ErrorKind::Unavailable, 503, "UNAVAILABLE"),
    ] {
        site.failure = kind;
        let failed = site.get("/fail", &[]).await;
        assert_eq!(failed.refusal(), (status, code.to_owned()));
        let params = if status == 500 { Value::Null } else { json!({ "max": 9 }) };
        assert_eq!(failed.json()["error"]["params"], params);
        assert!(!failed.body.windows(7).any(|part| part == b"secrets"), "{:?}", failed.body);
        assert_eq!(failed.header("retry-after"), (status == 503).then_some("1"));
        assert_eq!(failed.header("www-authenticate"), (status == 401).then_some("Bearer"));
    }
}

#[actix_web::test]
async fn a_body_must_be_exactly_what_was_asked_for() {
    let site = Site::new();
    for (body, field, code) in [
        (r#"{"ownerName":"A","colour":1}"#, "colour", "UNKNOWN"),
        (r#"{"parts":[]}"#, "ownerName", "REQUIRED"),
        (r#"{"ownerName":1}"#, "ownerName", "INVALID"),
        (r#"{"ownerName":null}"#, "ownerName", "INVALID"),
        (r#"{"ownerName":"A","parts":[{"size":1},{"size":-1}]}"#, "parts[1].size", "INVALID"),
        (r#"{"ownerName":"A","parts":[{"size":1,"hue":2}]}"#, "parts[0].hue", "UNKNOWN"),
        (r#"{"ownerName":"A","parts":[{}]}"#, "parts[0].size", "REQUIRED"),
        (r#"{"ownerName":"A","parts":{}}"#, "parts", "INVALID"),
        (r#"["A",[]]"#, "", "INVALID"),
        ("[1]", "[0]", "INVALID"),
        ("7", "", "INVALID"),
    ] {
        let refused = site.post(JSON, body).await;
        assert_eq!(refused.field(), (field.to_owned(), code.to_owned()), "{body}");
    }
    for body in
        ["", "{", r#"{"ownerName":"A"}}"#, r#"{"ownerName":"A"} x"#, r#"{"ownerName":'A'}"#, "\u{feff}{}"]
    {
        assert_eq!(site.post(JSON, body).await.refusal(), (400, "MALFORMED_JSON".to_owned()), "{body}");
    }
    assert_eq!(site.post(JSON, b"{\"ownerName\":\"\xff\"}".to_vec()).await.refusal().0, 400, "no UTF-8");
}

#[actix_web::test]
async fn only_json_is_taken() {
    let site = Site::new();
    let body = r#"{"ownerName":"Ada"}"#;
    for good in [JSON, "application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(site.post(good, body).await.status, 201, "{good}");
    }
    for bad in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let refused = site.post(bad, body).await.refusal();
        assert_eq!(refused, (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "{bad}");
    }
    let bare = TestRequest::post().uri("/baskets").set_payload(body);
    assert_eq!(site.ask(bare).await.status, 415);
}

#[actix_web::test]
async fn a_body_has_at_most_64_kib() {
    let site = Site::new();
    let of = |bytes: usize| format!(r#"{{"ownerName":"{}"}}"#, "x".repeat(bytes - 16));
    assert_eq!(of(MAX_BODY_BYTES).len(), 65_536);
    assert_eq!(site.post(JSON, of(MAX_BODY_BYTES)).await.status, 201);
    let refused = site.post(JSON, of(MAX_BODY_BYTES + 1)).await.refusal();
    assert_eq!(refused, (413, "BODY_TOO_LARGE".to_owned()));
}

#[actix_web::test]
async fn a_query_is_refused_by_name() {
    let site = Site::new();
    assert_eq!(
        site.get("/baskets?limit=3&q=%C5%9Bmietana+30", &[]).await.json()["data"],
        json!([3, "śmietana 30"])
    );
    for (query, field, code) in [
        ("limit=x", "limit", "INVALID"),
        ("limit=-1", "limit", "INVALID"),
        ("limit=1.5", "limit", "INVALID"),
        ("colour=red", "colour", "UNKNOWN"),
        ("q=a&colour", "colour", "UNKNOWN"),
    ] {
        let refused = site.get(&format!("/baskets?{query}"), &[]).await;
        assert_eq!(refused.field(), (field.to_owned(), code.to_owned()), "{query}");
    }
}

#[actix_web::test]
async fn what_is_no_id_does_not_exist() {
    let site = Site::new();
    let id = Uuid::from_u128(1);
    assert_eq!(site.get(&format!("/baskets/{id}"), &[]).await.json()["data"], json!(id));
    for no_id in ["1", "x", "%00", "019c0000-0000-7000-8000-00000000000g", "..%2F..", "' or 1=1"] {
        let path = format!("/baskets/{}", no_id.replace(' ', "%20"));
        assert_eq!(site.get(&path, &[]).await.refusal(), (404, "NOT_FOUND".to_owned()), "{path}");
    }
}

#[actix_web::test]
async fn unknown_paths_and_methods_are_told_in_the_envelope() {
    let site = Site::new();
    assert_eq!(site.get("/nowhere", &[]).await.refusal(), (404, "NOT_FOUND".to_owned()));
    for method in [Method::DELETE, Method::PUT, Method::PATCH] {
        let refused = site.ask(TestRequest::with_uri("/baskets").method(method)).await;
        assert_eq!(refused.refusal(), (405, "METHOD_NOT_ALLOWED".to_owned()));
        assert_eq!(
            refused.json()["error"]["message"],
            "METHOD_NOT_ALLOWED",
            "a code without a text speaks for itself"
        );
    }
}

#[actix_web::test]
async fn the_language_is_that_of_the_query_then_the_header_then_the_account_then_turkish() {
    let site = Site::new();
    let bearer = ("authorization", "Bearer good");
    for (uri, headers, language) in [
        ("/mine?lang=en", vec![bearer, ("accept-language", "tr")], "en"),
        ("/mine?lang=xx", vec![bearer, ("accept-language", "en")], "en"),
        ("/mine", vec![bearer, ("accept-language", "de, tr;q=0.2, en;q=0.3")], "en"),
        ("/mine", vec![bearer, ("accept-language", "de")], "pl"),
        ("/mine", vec![bearer], "pl"),
    ] {
        assert_eq!(site.get(uri, &headers).await.json()["data"][1], language, "{uri} {headers:?}");
    }
    for (uri, headers, language) in [
        ("/nowhere?lang=pl", vec![("accept-language", "en")], "pl"),
        ("/nowhere", vec![("accept-language", "en-GB,en;q=0.9")], "en"),
        ("/nowhere", vec![], "tr"),
    ] {
        let told = site.get(uri, &headers).await.json();
        assert_eq!(told["error"]["message"], format!("NOT_FOUND in {language} {{}}"));
    }
}

#[actix_web::test]
async fn a_token_that_was_sent_must_be_good_even_where_none_is_needed() {
    let site = Site::new();
    assert_eq!(site.get("/who", &[]).await.json()["data"], Value::Null);
    assert_eq!(site.get("/who", &[("authorization", "bearer good")]).await.json()["data"], json!(USER));
    for bad in ["Bearer bad", "Bearer ", "Bearer", "Basic good", "good", ""] {
        for uri in ["/who", "/mine"] {
            let refused = site.get(uri, &[("authorization", bad)]).await;
            assert_eq!(refused.refusal(), (401, "UNAUTHENTICATED".to_owned()), "{uri} {bad}");
        }
    }
    assert_eq!(site.get("/mine", &[]).await.refusal().0, 401);
}

#[actix_web::test]
async fn a_token_that_cannot_be_judged_is_no_reason_to_sign_out() {
    let site = Site::new();
    for uri in ["/who", "/mine"] {
        let refused = site.get(uri, &[("authorization", "Bearer unjudged")]).await;
        assert_eq!(refused.refusal(), (503, "UNAVAILABLE".to_owned()));
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
}

#[actix_web::test]
async fn every_answer_tells_what_is_left_and_too_many_are_sent_away() {
    let meter = Arc::new(Meter { left: AtomicU32::new(2), ..Meter::default() });
    let site = Site { meter: Some(meter.clone()), ..Site::new() };
    for (status, left, wait) in [(200, "1", None), (200, "0", None), (429, "0", Some("15"))] {
        let answer = site.get("/who", &[]).await;
        assert_eq!((answer.status, answer.header("retry-after")), (status, wait));
        let limits =
            ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| answer.header(name));
        assert_eq!(limits, [Some("2"), Some(left), Some("30")]);
    }
    assert_eq!(site.get("/who", &[]).await.refusal(), (429, "RATE_LIMITED".to_owned()));
    assert_eq!(site.get("/page", &[]).await.header("ratelimit-limit"), None, "not counted");
    site.get("/mine", &[("authorization", "Bearer good")]).await;
    site.get("/mine", &[("authorization", "Bearer bad")]).await;
    let asked = meter.asked.lock().unwrap();
    let address = || "a:203.0.113.9".to_owned();
    assert_eq!(asked[..4], [(); 4].map(|()| (Limit::Default, address())));
    assert_eq!(asked[4..], [(Limit::Orders, format!("u:{USER}")), (Limit::Orders, address())]);
}

#[actix_web::test]
async fn a_request_keeps_its_sane_id_and_is_given_one_otherwise() {
    let site = Site::new();
    let long = "x".repeat(64);
    for sane in ["019c0000-0000-7000-8000-000000000000", "a.b_c~d-1", long.as_str()] {
        assert_eq!(site.get("/nowhere", &[("x-request-id", sane)]).await.json()["requestId"], sane);
    }
    let longer = "x".repeat(65);
    for odd in ["", "a b", "a\"b", "ą", "a/b", longer.as_str()] {
        let made = RequestId::accept_or_make(Some(odd), chrono::DateTime::default());
        assert!(made.as_str().parse::<Uuid>().is_ok(), "{odd}");
    }
    let made = |given| RequestId::accept_or_make(given, chrono::DateTime::default());
    assert_ne!(made(None), made(None));
}

#[actix_web::test]
async fn a_body_the_client_has_is_not_sent_again() {
    let site = Site::new();
    let first = site.get("/page", &[]).await;
    assert_eq!((first.status, first.json()), (200, json!({ "success": true, "data": "milk" })));
    assert_eq!(first.header("cache-control"), Some("public, max-age=60"));
    let tag = first.header("etag").unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() == 34, "{tag}");
    for known in [
        tag.to_owned(),
        format!("W/{tag}"),
        format!("\"other\", {tag}"),
        format!("\"a\",W/{tag} ,\"b\""),
        "*".to_owned(),
    ] {
        let again = site.get("/page", &[("if-none-match", &known)]).await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag)), "{known}");
    }
    let lines = site.get("/page", &[("if-none-match", "\"other\""), ("if-none-match", tag)]).await;
    assert_eq!(lines.status, 304, "a list on two lines");
    for other in ["\"other\"", "", tag.trim_matches('"'), "W/*"] {
        assert_eq!(site.get("/page", &[("if-none-match", other)]).await.status, 200, "{other}");
    }
    let changed = Site { rendered: Rendered::new("milk 2", None::<crate::Meta>).unwrap(), ..Site::new() };
    let fresh = changed.get("/page", &[("if-none-match", tag)]).await;
    assert_eq!(fresh.status, 200);
    assert_ne!(fresh.header("etag"), Some(tag));
}

#[test]
fn the_table_tells_who_may_call_what() {
    let table: Vec<_> = routes().endpoints().iter().map(|e| (e.method, e.path, e.access)).collect();
    assert_eq!(table[0], ("POST", "/baskets", Access::Public));
    assert!(table.contains(&("GET", "/who", Access::MaybeCustomer)));
    assert!(table.contains(&("GET", "/mine", Access::Customer)));
}

#[test]
fn a_form_is_told_of_everything_at_once() {
    let mut fields = Fields::default();
    assert_eq!(fields.text("a", "  fine ", 4), Some("fine".to_owned()));
    for (name, text) in [("b", "  "), ("c", "żółty"), ("d", "a\u{0}b")] {
        assert_eq!(fields.text(name, text, 4), None);
    }
    let refused = fields.finish(|| Some(())).unwrap_err();
    let told: Vec<_> = refused.fields.iter().map(|f| (f.field.as_str(), f.code, json!(f.params))).collect();
    let max = json!({ "max": 4 });
    assert_eq!(told, [("b", "REQUIRED", json!({})), ("c", "TOO_LONG", max), ("d", "INVALID", json!({}))]);
}

#[actix_web::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    use futures_util::{StreamExt as _, stream};
    let patience = std::time::Duration::from_millis(1);
    let first = stream::iter([Ok(Bytes::from_static(b"{"))]);
    let refused = read_within(patience, first.chain(stream::pending()), MAX_BODY_BYTES).await.unwrap_err();
    assert_eq!((refused.status, refused.code), (StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT"));
}

#[actix_web::test]
async fn each_encoding_is_a_body_of_its_own_with_a_tag_of_its_own() {
    let text = "milk and honey ".repeat(500);
    let site = Site { rendered: Rendered::new(&text, None::<crate::Meta>).unwrap(), ..Site::new() };
    let plain = site.get("/page", &[]).await;
    assert_eq!((plain.header("content-encoding"), plain.header("vary").is_some()), (None, true));
    let mut tags = vec![plain.header("etag").unwrap().to_owned()];
    for (encoding, magic) in
        [("gzip", &[0x1f, 0x8b][..]), ("zstd", &[0x28, 0xb5]), ("br", &[]), ("deflate", &[])]
    {
        let sent = site.get("/page", &[("accept-encoding", encoding)]).await;
        assert_eq!((sent.status, sent.header("content-encoding")), (200, Some(encoding)));
        assert!(sent.body.starts_with(magic) && sent.body.len() * 10 < plain.body.len(), "{encoding}");
        assert_eq!(sent.header("vary"), plain.header("vary"));
        let tag = sent.header("etag").unwrap();
        let again = site.get("/page", &[("accept-encoding", encoding), ("if-none-match", tag)]).await;
        assert_eq!((again.status, again.header("etag")), (304, Some(tag)), "{encoding}");
        assert_eq!(site.get("/page", &[("if-none-match", tag)]).await.status, 200, "{encoding} is not plain");
        tags.push(tag.to_owned());
    }
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), 5);
    for liked in ["identity", "gzip;q=0, identity", "fancy"] {
        assert_eq!(site.get("/page", &[("accept-encoding", liked)]).await.body, plain.body, "{liked}");
    }
}

#[test]
fn a_body_is_compressed_once_for_all_who_ask() {
    let rendered = Rendered::new("milk", None::<crate::Meta>).unwrap();
    for encoding in [ContentEncoding::Gzip, ContentEncoding::Brotli, ContentEncoding::Zstd] {
        let (first, second) = (rendered.bytes(encoding), rendered.clone().bytes(encoding));
        assert_eq!(first.as_ptr(), second.as_ptr(), "{encoding:?}");
    }
}
