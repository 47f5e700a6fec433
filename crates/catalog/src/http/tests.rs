//! The catalogue over HTTP: shapes, prices by caller, caching, refusals.

use std::sync::atomic::Ordering;

use actix_web::{App, body::to_bytes, http::header, middleware::from_fn, test, web::Data};
use async_trait::async_trait;
use http_kit::{Authenticate, Caller, Customer, failures};
use kernel::{
    Clock as _,
    id::{SessionId, UserId},
};
use serde_json::{Value, json};

use super::*;
use crate::testing::{CORPORATE, Shop};

/// A token is the name of a type of customer.
struct ByTheirWord;

#[async_trait]
impl Authenticate for ByTheirWord {
    async fn authenticate(&self, token: &str) -> Caller {
        let now = testkit::clock().now();
        let (user, session) = (UserId::generate(now), SessionId::generate(now));
        token
            .parse()
            .map_or(Caller::Refused, |user_type| Caller::Customer(Customer { user, session, user_type }))
    }
}

#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    etag: Option<String>,
    cache_control: String,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

async fn ask(shop: &Shop, path: &str, headers: &[(&str, &str)]) -> Answer {
    let judge: Arc<dyn Authenticate> = Arc::new(ByTheirWord);
    let app = App::new()
        .app_data(Data::new(shop.catalog.clone()))
        .app_data(Data::from(judge))
        .wrap(from_fn(failures))
        .configure(|cfg| routes().mount(cfg));
    let app = test::init_service(app).await;
    let mut request = test::TestRequest::get().uri(path);
    for header in headers {
        request = request.insert_header(*header);
    }
    let res = test::call_service(&app, request.to_request()).await;
    let header = |name| res.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
    let (status, etag) = (res.status().as_u16(), header(header::ETAG));
    let cache_control = header(header::CACHE_CONTROL).unwrap_or_default();
    let text = String::from_utf8(to_bytes(res.into_body()).await.unwrap().to_vec()).unwrap();
    Answer { status, etag, cache_control, text }
}

const INDIVIDUAL_TOKEN: (&str, &str) = ("authorization", "Bearer individual");
const CORPORATE_TOKEN: (&str, &str) = ("authorization", "Bearer corporate");

#[actix_web::test]
async fn an_item_has_every_field_of_the_contract() {
    let shop = Shop::new().await;
    let id = shop.product(shop.category("sut", 1).await, "105").await;
    shop.name(id, "en", "Cheese").await;
    shop.shelf.put(id, 264);
    let item = json!({
        "id": id, "code": "105", "slug": "slug-105", "name": "Cheese", "brand": "Unlika", "size": "500g",
        "category": { "slug": "sut", "name": "sut" }, "imageUrl": null,
        "price": { "amount": 1999, "currency": "PLN" },
        "unitPrice": { "price": { "amount": 3998, "currency": "PLN" }, "unit": "kg" },
        "vatRate": 5, "available": 264, "minQuantity": 1, "quantityPerBox": 12, "badges": [],
    });

    let list = ask(&shop, "/api/products?lang=en", &[]).await;
    let one = ask(&shop, "/api/products/105?lang=en", &[]).await;

    let price = json!({ "amount": 1999, "currency": "PLN" });
    let facets = json!({
        "categories": [{ "slug": "sut", "name": "sut", "count": 1 }],
        "brands": [{ "name": "Unlika", "count": 1 }],
        "badges": [],
        "price": { "min": price, "max": price },
    });
    let meta = json!({ "nextCursor": null, "total": 1, "facets": facets });
    assert_eq!(list.json(), json!({ "success": true, "data": [item], "meta": meta }));
    let mut detailed = item.clone();
    let details = json!({
        "description": "", "allergens": [], "nutrition": null, "storage": "", "originCountry": null,
        "manufacturer": "", "images": [],
    });
    detailed.as_object_mut().unwrap().extend(details.as_object().unwrap().clone());
    assert_eq!(one.json(), json!({ "success": true, "data": detailed }));
    let seen = shop.catalog.products_by_id(&[id], CORPORATE).await.unwrap();
    let elsewhere: Value = serde_json::from_str(crate::item_json(&seen[&id], 1).get()).unwrap();
    let fields = |item: &Value| item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&elsewhere), fields(&item), "others show the same item");
}

#[actix_web::test]
async fn nobody_is_sent_the_other_types_price() {
    let shop = Shop::new().await;
    shop.product(shop.category("sut", 1).await, "105").await;
    for path in ["/api/products", "/api/products/105", "/api/products?category=sut&limit=1"] {
        for (headers, own, others, cached) in [
            (vec![], "1999", "1234", PUBLIC),
            (vec![INDIVIDUAL_TOKEN], "1999", "1234", PRIVATE),
            (vec![CORPORATE_TOKEN], "1234", "1999", PRIVATE),
        ] {
            let answer = ask(&shop, path, &headers).await;
            assert!(answer.text.contains(own) && !answer.text.contains(others), "{path} {headers:?}");
            assert_eq!(answer.cache_control, cached);
        }
    }
    let expired = ask(&shop, "/api/products", &[("authorization", "Bearer x")]).await;
    assert_eq!(expired.status, 401, "prices do not silently change when a token ends");
}

#[actix_web::test]
async fn what_the_client_has_is_not_sent_again() {
    let shop = Shop::new().await;
    shop.product(shop.category("sut", 1).await, "105").await;
    for path in ["/api/products", "/api/products/105", "/api/products/categories"] {
        let first = ask(&shop, path, &[]).await;
        let etag = first.etag.unwrap();
        let again = ask(&shop, path, &[("if-none-match", &etag)]).await;
        assert_eq!((again.status, again.text.as_str(), again.etag), (304, "", Some(etag)), "{path}");
        assert_eq!(ask(&shop, path, &[("if-none-match", "\"other\"")]).await.status, 200, "{path}");
    }
}

#[actix_web::test]
async fn many_requests_make_one_computation_and_a_second_later_another() {
    let shop = Shop::new().await;
    let id = shop.product(shop.category("sut", 1).await, "105").await;
    let asked = || shop.shelf.asked.load(Ordering::Relaxed);

    let crowd = (0..20).map(|_| ask(&shop, "/api/products", &[]));
    futures_util::future::join_all(crowd).await;
    assert_eq!(asked(), 1);

    shop.shelf.put(id, 5);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let fresh = ask(&shop, "/api/products", &[]).await;
    assert_eq!((asked(), &fresh.json()["data"][0]["available"]), (2, &json!(5)));
}

#[actix_web::test]
async fn a_failure_is_told_and_not_kept() {
    let shop = Shop::new().await;
    shop.product(shop.category("sut", 1).await, "105").await;
    shop.shelf.away.store(true, Ordering::Relaxed);
    for path in ["/api/products", "/api/products/105"] {
        let answer = ask(&shop, path, &[]).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (503, &json!("UNAVAILABLE")));
    }
    shop.shelf.away.store(false, Ordering::Relaxed);
    assert_eq!(ask(&shop, "/api/products", &[]).await.status, 200);

    shop.db.exec("alter table catalog.products rename to elsewhere").await;
    let broken = ask(&shop, "/api/products/105", &[]).await;
    assert_eq!((broken.status, &broken.json()["error"]["code"]), (500, &json!("INTERNAL")));
    assert_eq!(
        ask(&shop, "/api/products?limit=3", &[]).await.status,
        200,
        "what is in memory needs no table"
    );
}

#[actix_web::test]
async fn the_list_is_walked_by_cursor() {
    let shop = Shop::new().await;
    let category = shop.category("sut", 1).await;
    for code in ["1", "2", "3"] {
        shop.product(category, code).await;
    }
    let first = ask(&shop, "/api/products?limit=2", &[]).await.json();
    let cursor = first["meta"]["nextCursor"].as_str().unwrap();
    let second = ask(&shop, &format!("/api/products?limit=2&cursor={cursor}"), &[]).await.json();
    assert_eq!(first["data"].as_array().unwrap().len(), 2);
    assert_eq!(second["data"].as_array().unwrap().len(), 1);
    assert_eq!((&second["meta"]["nextCursor"], &second["meta"]["total"]), (&json!(null), &json!(3)));
    let other = ask(&shop, &format!("/api/products?limit=2&sort=name&cursor={cursor}"), &[]).await;
    assert_eq!(other.status, 422, "a cursor belongs to the order it was made in");
}

#[actix_web::test]
async fn bad_questions_are_refused() {
    let shop = Shop::new().await;
    for (path, status, code) in [
        ("/api/products?sort=cheapest", 422, "VALIDATION_FAILED"),
        ("/api/products?minPrice=-1", 422, "VALIDATION_FAILED"),
        ("/api/products?maxPrice=9.99", 422, "VALIDATION_FAILED"),
        ("/api/products?inStock=perhaps", 422, "VALIDATION_FAILED"),
        ("/api/products?brand=", 422, "VALIDATION_FAILED"),
        ("/api/products?q=%00", 422, "VALIDATION_FAILED"),
        ("/api/products?order=name", 422, "VALIDATION_FAILED"),
        ("/api/products/suggestions", 422, "VALIDATION_FAILED"),
        ("/api/products/suggestions?q=a", 422, "VALIDATION_FAILED"),
        ("/api/products/suggestions?q=ay&limit=11", 422, "VALIDATION_FAILED"),
        ("/api/products/105/related", 404, "PRODUCT_NOT_FOUND"),
        ("/api/products/019b0000-0000-7000-8000-000000000000/related", 404, "PRODUCT_NOT_FOUND"),
        ("/api/products?q=", 200, ""),
        ("/api/products?q=%25_%5C", 200, ""),
        ("/api/products?sort=-price&inStock=true&minPrice=1&maxPrice=2&badge=vegan&brand=x", 200, ""),
        ("/api/products?limit=0", 422, "VALIDATION_FAILED"),
        ("/api/products?limit=101", 422, "VALIDATION_FAILED"),
        ("/api/products?limit=x", 422, "VALIDATION_FAILED"),
        ("/api/products?cursor=zz", 422, "VALIDATION_FAILED"),
        ("/api/products?lang=de", 422, "VALIDATION_FAILED"),
        ("/api/products/categories?limit=1", 422, "VALIDATION_FAILED"),
        ("/api/products/105", 404, "PRODUCT_NOT_FOUND"),
        ("/api/products/019b0000-0000-7000-8000-000000000000", 404, "PRODUCT_NOT_FOUND"),
        ("/api/products/%00", 404, "PRODUCT_NOT_FOUND"),
        ("/api/products?category=%00", 422, "VALIDATION_FAILED"),
        ("/api/products?category=unknown", 200, ""),
    ] {
        let answer = ask(&shop, path, &[]).await;
        assert_eq!(answer.status, status, "{path}");
        let told = answer.json();
        assert_eq!(told["error"]["code"].as_str().unwrap_or_default(), code, "{path}");
    }
}

#[actix_web::test]
async fn every_route_is_in_the_document() {
    let paths = serde_json::to_value(ApiDoc::openapi()).unwrap()["paths"].clone();
    let mounted = routes();
    let operations: usize =
        paths.as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, mounted.endpoints().len());
    for endpoint in mounted.endpoints() {
        assert!(paths[endpoint.path][endpoint.method.to_lowercase()].is_object(), "{endpoint:?}");
    }
}
