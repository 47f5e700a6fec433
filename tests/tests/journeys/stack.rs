//! What surrounds every answer, seen through the real stack: ids, headers, compression, caching, sizes, telling.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use journeys::{Answer, Goods, Shop, eventually};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_request_id_is_echoed_or_made() {
    let shop = Shop::open().await;
    let given = |id: &str| shop.guest().with("x-request-id", id);
    for path in ["/health", "/api/products", "/nowhere", "/api/users/me"] {
        assert_eq!(given("journey-1.a_b~c").get(path).await.header("x-request-id"), Some("journey-1.a_b~c"));
        let made = shop.guest().get(path).await;
        assert_eq!(made.header("x-request-id").unwrap().len(), 36, "{path}");
        for bad in ["two words", "<script>", "a/b", &"a".repeat(65)] {
            let answer = given(bad).get(path).await;
            assert_eq!(answer.header("x-request-id").unwrap().len(), 36, "{bad}");
        }
    }
    let refused = given("journey-2").get("/nowhere").await;
    assert_eq!(refused.refusal(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(refused.json()["requestId"], "journey-2");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let shop = Shop::setting("RATE_LIMITS", "on").open().await;
    let guest = shop.guest();
    let none = json!({ "refreshToken": "none" });
    let mut answers = vec![
        guest.get("/health").await.with_status(200),
        guest.get("/api/products").await.with_status(200),
        guest.get("/openapi.json").await.with_status(200),
        guest.get("/swagger/").await.with_status(200),
        guest.get("/nowhere").await.with_status(404),
        guest.get("/api/orders/1").await.with_status(401),
        guest.ask(Method::DELETE, "/api/products", None).await.with_status(405),
        guest.ask(Method::POST, "/stripe/webhook", Some("{}".to_owned())).await.with_status(400),
    ];
    let mut last = guest.post("/api/auth/refresh", &none).await.with_status(401);
    for _ in 0..200 {
        if last.status == 429 {
            break;
        }
        last = guest.post("/api/auth/refresh", &none).await;
    }
    answers.push(last.with_status(429));
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{answer:?}");
        assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
        assert!(answer.header("x-request-id").is_some());
        assert!(answer.header("server").is_none() && answer.header("x-powered-by").is_none());
        assert_eq!(answer.header("strict-transport-security"), None, "not outside production");
    }
}

#[tokio::test]
async fn answers_are_compressed_when_asked_and_only_then() {
    let shop = Shop::open().await;
    for _ in 0..20 {
        shop.sells(Goods::default()).await;
    }
    let plain = shop.guest().get("/api/products").await.with_status(200);
    assert_eq!(plain.header("content-encoding"), None);
    assert!(plain.header("vary").unwrap().to_lowercase().contains("accept-encoding"));
    let identity = shop.guest().with("accept-encoding", "identity").get("/api/products").await;
    assert_eq!((identity.header("content-encoding"), &identity.body), (None, &plain.body));

    for (encoding, magic) in [("gzip", &[0x1f, 0x8b][..]), ("zstd", &[0x28, 0xb5, 0x2f, 0xfd]), ("br", &[])] {
        let answer =
            shop.guest().with("accept-encoding", encoding).get("/api/products").await.with_status(200);
        assert_eq!(answer.header("content-encoding"), Some(encoding));
        assert!(answer.body.starts_with(magic), "{encoding}");
        assert!(answer.body.len() * 2 < plain.body.len(), "{encoding}: {}", answer.body.len());
        if encoding == "gzip" {
            assert_eq!(unzip(&answer), plain.body);
        }
        // A refusal stays readable, whatever was asked for.
        let refused = shop.guest().with("accept-encoding", encoding).get("/nowhere").await;
        assert_eq!(refused.header("content-encoding"), None);
        assert_eq!(refused.refusal(), (404, "NOT_FOUND".to_owned()));
        let refused = shop.guest().with("accept-encoding", encoding).get("/api/products/none").await;
        assert_eq!(refused.header("content-encoding"), None);
        assert_eq!(refused.refusal(), (404, "PRODUCT_NOT_FOUND".to_owned()));
    }
}

fn unzip(answer: &Answer) -> Vec<u8> {
    let mut gzip = Command::new("gzip");
    let mut gzip = gzip.arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    gzip.stdin.take().unwrap().write_all(&answer.body).unwrap();
    gzip.wait_with_output().unwrap().stdout
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    // What has just come is on the list within a second.
    eventually("the list shows it", async || {
        let list = shop.guest().get("/api/products").await.with_status(200).data();
        (list != json!([])).then_some(())
    })
    .await;
    for path in ["/api/products", "/api/products/categories", &format!("/api/products/{}", yoghurt.code)] {
        let first = shop.guest().get(path).await.with_status(200);
        let tag = first.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"') && first.header("cache-control").is_some(), "{path}: {tag}");
        let again = shop.guest().with("if-none-match", &tag).get(path).await.with_status(304);
        assert!(again.body.is_empty());
        assert_eq!(again.header("etag"), Some(tag.as_str()));
        shop.guest().with("if-none-match", "\"other\"").get(path).await.with_status(200);
        let polish = shop.guest().speaking("pl").with("if-none-match", &tag).get(path).await;
        assert_eq!(polish.status, 200, "{path}: another language is another body");
    }
}

#[tokio::test]
async fn browsers_may_call_from_the_listed_origins_only() {
    let ours = "https://shop.example.pl";
    let shop = Shop::setting("CORS_ORIGINS", ours).open().await;
    let from = |origin: &str| shop.guest().with("origin", origin);
    let preflight = async |origin: &str| {
        from(origin)
            .with("access-control-request-method", "POST")
            .with(
                "access-control-request-headers",
                "authorization,content-type,idempotency-key,x-guest-token",
            )
            .ask(Method::OPTIONS, "/api/orders", None)
            .await
    };
    let allowed = preflight(ours).await;
    assert!((200..300).contains(&allowed.status), "{allowed:?}");
    assert_eq!(allowed.header("access-control-allow-origin"), Some(ours));
    let headers = allowed.header("access-control-allow-headers").unwrap().to_lowercase();
    assert!(headers.contains("idempotency-key") && headers.contains("authorization"), "{headers}");
    assert!(allowed.header("access-control-allow-methods").unwrap().contains("POST"));
    for path in ["/api/products", "/nowhere", "/api/users/me"] {
        let answer = from(ours).get(path).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(ours), "{path}: {}", answer.status);
        let exposed = answer.header("access-control-expose-headers").unwrap().to_lowercase();
        assert!(exposed.contains("x-request-id") && exposed.contains("retry-after"), "{exposed}");
    }
    for other in
        ["https://evil.example", "http://shop.example.pl", "https://shop.example.pl.evil.example", "null"]
    {
        let refused = preflight(other).await;
        assert_eq!(refused.header("access-control-allow-origin"), None, "{other}");
        assert_eq!(from(other).get("/api/products").await.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn bodies_are_judged_by_size_type_and_form() {
    let shop = Shop::open().await;
    let ada = shop.customer().await;
    let post = async |body: String| ada.visitor().ask(Method::POST, "/api/me/cart", Some(body)).await;
    let padded = |bytes: usize| format!("{{{}}}", " ".repeat(bytes - 2));
    assert_eq!(post(padded(64 * 1024)).await.refusal().0, 422, "as large as allowed");
    assert_eq!(post(padded(64 * 1024 + 1)).await.refusal(), (413, "BODY_TOO_LARGE".to_owned()));
    assert_eq!(post(padded(2 * 1024 * 1024)).await.refusal(), (413, "BODY_TOO_LARGE".to_owned()));
    assert_eq!(post("{".to_owned()).await.refusal().0, 400);
    assert_eq!(post("[]".to_owned()).await.refusal().0, 422);
    let unknown = post(json!({ "productId": "x", "quantity": 1, "price": 1 }).to_string()).await;
    assert_eq!(unknown.refusal(), (422, "VALIDATION_FAILED".to_owned()));
    let typed = ada.visitor().with("content-type", "text/plain");
    let typed = typed.ask(Method::POST, "/api/me/cart", Some("{}".to_owned())).await;
    assert_eq!(typed.refusal(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
}

#[tokio::test]
async fn metrics_speak_of_routes_and_never_of_ids() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;
    ada.order(&placed).await;
    shop.guest().get(&format!("/api/products/{}", yoghurt.id)).await.with_status(200);
    shop.guest().get("/nowhere/at/all").await.with_status(404);

    journeys::eventually("the metrics tell", async || {
        let metrics = shop.guest().get("/metrics").await.with_status(200).text();
        let of = |route: &str| metrics.contains(&format!("route=\"{route}\""));
        let told = metrics.contains("http_request_duration_seconds_bucket{")
            && of("/api/orders/{id}")
            && of("/api/products/{idOrCode}")
            && of("unmatched")
            && metrics.contains("pool_connections{pool=\"postgres\"}")
            && metrics.contains("pool_in_use{pool=\"redis\"}")
            && metrics.contains("bus_lag");
        assert!(!metrics.contains(&placed.id) && !metrics.contains(&yoghurt.id), "{metrics}");
        assert!(!metrics.contains("nowhere") && !metrics.contains(&ada.phone[1..]), "{metrics}");
        told.then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_log_is_json_with_request_ids_and_without_personal_data() {
    let shop = Shop::setting("LOG_FORMAT", "json").setting("RUST_LOG", "debug").open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    ada.places_an_order().await;
    shop.guest().with("x-request-id", "journey-log").get("/nowhere").await.with_status(404);

    let line = journeys::eventually("the request is in the log", async || {
        shop.gateway.log().lines().find(|line| line.contains("journey-log")).map(str::to_owned)
    })
    .await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["span"]["request.id"], "journey-log", "{line}");
    let log = shop.gateway.log();
    let complete = &log[..=log.rfind('\n').unwrap()];
    for line in complete.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(line["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{line}");
    }
    let code = journeys::code_in(&shop.guest().receives_a_text(&ada.phone).await);
    for secret in [&ada.phone[1..], "Nowak", "ada48", "Marsza", &ada.access_token, &ada.refresh_token] {
        let told = log.lines().find(|line| line.contains(secret));
        assert_eq!(told, None, "{secret} is in the log");
    }
    assert!(!log.contains(&format!("code is {code}")) && !log.contains(&format!("\"{code}\"")));
    for secret in [journeys::SECRET_KEY, journeys::WEBHOOK_SECRET] {
        assert!(!log.contains(secret));
    }
}
