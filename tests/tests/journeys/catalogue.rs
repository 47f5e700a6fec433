//! The shop's own people look after the catalogue and the texts, and customers see it.

use journeys::{Shop, Visitor, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::pictures;

const PRODUCTS: &str = "/api/admin/products";
const IMPORTS: &str = "/api/admin/products/imports";

fn cheese() -> Value {
    json!({
        "code": "EZ1", "category": "peynir", "size": "600g", "quantityPerBox": 6, "allergens": ["milk"],
        "translations": { "tr": { "name": "Ezine Peyniri" }, "pl": { "name": "Ser Ezine" } },
        "prices": {
            "individual": { "price": { "amount": 4999, "currency": "PLN" } },
            "corporate": { "price": { "amount": 4200, "currency": "PLN" }, "minQuantity": 6 },
        },
        "vatRate": 5,
    })
}

async fn shelf(owner: &Visitor) {
    let category =
        json!({ "slug": "peynir", "position": 1, "translations": { "tr": "Peynir", "pl": "Sery" } });
    owner.post("/api/admin/categories", &category).await.with_status(201);
}

/// What everybody sees of the product, once it is as `wanted` says.
async fn sees(visitor: &Visitor, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || {
        let answer = visitor.get("/api/products/EZ1?lang=pl").await;
        (answer.status == 200).then(|| answer.data()).filter(|product| wanted(product))
    })
    .await
}

async fn import(owner: &Visitor, mode: &str, file: &str) -> journeys::Answer {
    let path = format!("{IMPORTS}?mode={mode}");
    owner.with("content-type", "text/csv").ask(Method::POST, &path, Some(file.to_owned())).await
}

#[tokio::test]
async fn a_product_is_put_on_sale_changed_and_taken_off() {
    let shop = Shop::open().await;
    let twin = shop.another_instance().await;
    let (owner, other) = (shop.owner().await, twin.visitor());
    shelf(&owner).await;
    let made = owner.post(PRODUCTS, &cheese()).await.with_status(201);
    assert_eq!(made.header("etag"), Some("\"1\""));
    let path = format!("{PRODUCTS}/{}", made.data()["id"].as_str().unwrap());
    for visitor in [&shop.guest(), &other] {
        let product = sees(visitor, "the product is there", |_| true).await;
        assert_eq!((&product["name"], &product["price"]["amount"]), (&json!("Ser Ezine"), &json!(4999)));
        assert_eq!(product["category"], json!({ "slug": "peynir", "name": "Sery" }));
        assert_eq!(product["unitPrice"]["price"]["amount"], 8332);
    }

    let read = owner.get(&path).await.with_status(200);
    let mut sheet = read.data()["product"].clone();
    sheet["prices"]["individual"]["price"]["amount"] = json!(5499);
    assert_eq!(owner.put(&path, &sheet).await.refusal(), (428, "IF_MATCH_REQUIRED".to_owned()));
    let at = |tag: &str| owner.with("if-match", tag);
    assert_eq!(at("\"7\"").put(&path, &sheet).await.refusal(), (412, "VERSION_OUTDATED".to_owned()));
    let changed = at(read.header("etag").unwrap()).put(&path, &sheet).await.with_status(200);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    for visitor in [&shop.guest(), &other] {
        sees(visitor, "the new price is there", |product| product["price"]["amount"] == 5499).await;
    }

    let images = format!("{path}/images");
    let photo = pictures::jpeg(8, 8);
    let form = [("image", "a.jpg", "image/jpeg", photo.as_slice())];
    assert_eq!(owner.uploads(&images, &form).await.refusal(), (428, "IF_MATCH_REQUIRED".to_owned()));
    let pictured = at("\"2\"").uploads(&images, &form).await.with_status(201).data();
    let image = pictured["images"][0].clone();
    let seen = sees(&other, "the picture is there", |product| product["imageUrl"] == image["url"]).await;
    other.get(seen["images"][0]["thumbnailUrl"].as_str().unwrap()).await.with_status(200);
    let one = format!("{images}/{}", image["id"].as_str().unwrap());
    at("\"3\"").ask(Method::DELETE, &one, None).await.with_status(200);
    other.get(image["url"].as_str().unwrap()).await.with_status(404);

    sheet["active"] = json!(false);
    at("*").put(&path, &sheet).await.with_status(200);
    eventually("the product is off", async || {
        (other.get("/api/products/EZ1").await.status == 404).then_some(())
    })
    .await;
    let log = owner.get("/api/admin/audit-log").await.with_status(200).data();
    let actions: Vec<_> = log.as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(
        actions,
        [
            "product.change",
            "product.images",
            "product.images",
            "product.change",
            "product.create",
            "category.create"
        ]
    );
}

#[tokio::test]
async fn wrong_fields_are_told_in_the_callers_language() {
    let shop = Shop::open().await;
    let owner = shop.owner().await;
    let mut sheet = cheese();
    sheet["badges"] = json!(["cheap"]);
    sheet["vatRate"] = json!(5);
    let refused = owner.speaking("pl").post(PRODUCTS, &sheet).await.with_status(422).json();
    assert_eq!(refused["error"]["fields"][0]["field"], "badges[0]");
    sheet["badges"] = json!([]);
    let refused = owner.speaking("pl").post(PRODUCTS, &sheet).await.with_status(422).json();
    let told =
        json!([{ "field": "category", "code": "NOT_FOUND", "message": "Nie ma niczego o takiej nazwie." }]);
    assert_eq!(refused["error"]["fields"], told);
    sheet["color"] = json!("white");
    let refused = owner.post(PRODUCTS, &sheet).await.with_status(422).json();
    assert_eq!(refused["error"]["fields"][0]["code"], "UNKNOWN");
}

#[tokio::test]
async fn a_file_is_tried_taken_over_undone_and_written() {
    let shop = Shop::open().await;
    let owner = shop.owner().await;
    shelf(&owner).await;
    owner.post(PRODUCTS, &cheese()).await.with_status(201);
    let good = "code,price_individual\nEZ1,\"59,99\"\n";
    let bad = format!("{good}EZ2,x\n");

    let report = import(&owner.speaking("tr"), "dry_run", &bad).await.with_status(200).data();
    assert_eq!(
        (&report["import"], &report["changed"], &report["refused"]),
        (&Value::Null, &json!(1), &json!(1))
    );
    let row = &report["report"][1];
    assert_eq!((&row["row"], &row["code"], &row["outcome"]), (&json!(3), &json!("EZ2"), &json!("refused")));
    let errors = row["errors"].as_array().unwrap();
    let price = errors.iter().find(|error| error["field"] == "price_individual").unwrap();
    assert_eq!(price["message"], "Bu değer geçerli değil.");

    let refused = import(&owner, "apply", &bad).await.with_status(422).json();
    assert_eq!(refused["error"]["code"], "IMPORT_REFUSED");
    assert_eq!(refused["error"]["params"]["rows"], 1);
    assert!(refused["error"]["fields"][0]["field"].as_str().unwrap().starts_with("rows[3]."));

    let done = import(&owner, "apply", good).await.with_status(201).data();
    sees(&shop.guest(), "the price of the file", |product| product["price"]["amount"] == 5999).await;
    let listed = owner.get(IMPORTS).await.with_status(200).data();
    assert_eq!(listed[0]["id"], done["import"]["id"]);

    let written = owner.get("/api/admin/products/export").await.with_status(200);
    assert_eq!(written.header("content-type"), Some("text/csv; charset=utf-8"));
    let again = import(&owner, "apply", &written.text()).await.with_status(201).data();
    assert_eq!((&again["unchanged"], &again["changed"]), (&json!(1), &json!(0)));

    let undo = format!("{IMPORTS}/{}/undo", done["import"]["id"].as_str().unwrap());
    for _ in 0..2 {
        let undone = owner.ask(Method::POST, &undo, None).await.with_status(200).data();
        assert!(undone["undoneAt"].is_string());
    }
    sees(&shop.guest(), "the price of before", |product| product["price"]["amount"] == 4999).await;

    let large = format!("code\n{}", "x".repeat(5 * 1024 * 1024));
    assert_eq!(import(&owner, "dry_run", &large).await.refusal(), (413, "BODY_TOO_LARGE".to_owned()));
    let json = owner.ask(Method::POST, &format!("{IMPORTS}?mode=apply"), Some("{}".to_owned())).await;
    assert_eq!(json.refusal(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    let mode = owner.with("content-type", "text/csv").ask(Method::POST, IMPORTS, Some(good.to_owned())).await;
    assert_eq!(mode.refusal(), (422, "VALIDATION_FAILED".to_owned()));
}

#[tokio::test]
async fn a_text_is_published_and_read_on_every_instance() {
    let shop = Shop::open().await;
    let twin = shop.another_instance().await;
    let owner = shop.owner().await;
    let path = "/api/admin/content/terms";
    let sheet = |text: &str| json!({ "translations": { "pl": { "title": "Regulamin", "markdown": text } } });
    owner.with("if-match", "\"0\"").put(path, &sheet("Jeden")).await.with_status(200);
    twin.visitor().get("/api/content/terms?lang=pl").await.with_status(200);
    owner.with("if-match", "\"1\"").put(path, &sheet("Dwa")).await.with_status(200);
    for visitor in [shop.guest(), twin.visitor()] {
        let text = eventually("the new text", async || {
            let text = visitor.get("/api/content/terms?lang=tr").await.with_status(200).data();
            (text["markdown"] == "Dwa").then_some(text)
        })
        .await;
        assert_eq!(
            (&text["version"], &text["lang"], &text["title"]),
            (&json!(2), &json!("pl"), &json!("Regulamin"))
        );
        let first = visitor.get("/api/content/terms?version=1").await.with_status(200).data();
        assert_eq!(first["markdown"], "Jeden");
    }
}
