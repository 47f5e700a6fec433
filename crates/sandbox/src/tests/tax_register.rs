//! The stand-in for the tax register speaks as the register does.

use serde_json::{Value, json};

use super::{Stand, read};
use crate::Mood;

async fn ask(stand: &Stand, path: &str) -> (u16, Value) {
    read(stand.http.get(format!("{}/api/search/nip/{path}", stand.sandbox.tax_register_url()))).await
}

#[tokio::test]
async fn companies_are_known_and_others_are_not() {
    let stand = Stand::start();
    let (status, answer) = ask(&stand, "5260250274?date=2026-07-22").await;
    let subject = &answer["result"]["subject"];
    assert_eq!(
        (status, &subject["nip"], &subject["statusVat"]),
        (200, &json!("5260250274"), &json!("Czynny"))
    );
    let (status, answer) = ask(&stand, "1234563218?date=2026-07-22").await;
    assert_eq!((status, &answer["result"]["subject"]), (200, &Value::Null));
    assert!(answer["result"].as_object().unwrap().contains_key("subject"));
    for bad in ["526025027?date=2026-07-22", "5260250274", "5260250274?date=22-07-2026"] {
        let (status, answer) = ask(&stand, bad).await;
        assert!(status == 400 && answer["code"].as_str().unwrap().starts_with("WL-"), "{bad}: {answer}");
    }
    assert_eq!(stand.sandbox.asked_of_the_tax_register().len(), 5);
}

#[tokio::test]
async fn it_can_be_away() {
    let stand = Stand::start();
    stand.sandbox.turn_tax_register(Mood::Away);
    let url = format!("{}/api/search/nip/5260250274?date=2026-07-22", stand.sandbox.tax_register_url());
    let away = super::send(stand.http.get(&url)).await;
    assert_eq!(away.status().as_u16(), 503);
    let control = stand.url("/control/tax-register");
    let (status, answer) = read(stand.http.put(&control).json(&json!({ "mood": "confused" }))).await;
    assert_eq!((status, answer), (200, json!({ "mood": "confused" })));
    assert_eq!(read(stand.http.get(&url)).await, (200, json!({ "result": "?" })));
    let (_, shown) = read(stand.http.get(&control)).await;
    assert_eq!(shown["asked"], json!(["5260250274", "5260250274"]));
    let (status, _) = read(stand.http.put(&control).json(&json!({ "mood": "open" }))).await;
    assert_eq!((status, ask(&stand, "5260250274?date=2026-07-22").await.0), (200, 200));
}
