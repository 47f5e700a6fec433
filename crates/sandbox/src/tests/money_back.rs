//! Refunds and disputes.

use serde_json::{Value, json};

use super::{Stand, id_of, read};

impl Stand {
    async fn paid(&self) -> String {
        let intent = self.intent().await;
        assert_eq!(self.control(&format!("payment_intents/{}/succeed", id_of(&intent))).await.0, 200);
        id_of(&intent).to_owned()
    }

    async fn refund(&self, intent: &str, amount: Option<&str>) -> (u16, Value) {
        let mut form = vec![("payment_intent", intent)];
        form.extend(amount.map(|amount| ("amount", amount)));
        read(self.post("/v1/refunds", &form)).await
    }
}

#[tokio::test]
async fn no_more_goes_back_than_was_taken() {
    let stand = Stand::start();
    let unpaid = stand.intent().await;
    assert_eq!(stand.refund(id_of(&unpaid), None).await.0, 400);
    let intent = stand.paid().await;
    let (status, part) = stand.refund(&intent, Some("1000")).await;
    assert_eq!((status, &part["status"], &part["amount"]), (200, &json!("succeeded"), &json!(1000)));
    assert_eq!(stand.refund(&intent, Some("2000")).await.0, 400);
    assert_eq!(stand.refund(&intent, None).await.1["amount"], 1999);
    let (status, refused) = stand.refund(&intent, None).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("charge_already_refunded")));
    let (_, list) = read(stand.get(&format!("/v1/refunds?payment_intent={intent}"))).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    let told = stand.told().await;
    assert_eq!(told.iter().filter(|kind| *kind == "charge.refunded").count(), 2);
}

#[tokio::test]
async fn a_refund_may_take_its_time_and_come_to_nothing() {
    let stand = Stand::start();
    let slow = stand.http.put(stand.url("/control/refunds")).json(&json!({ "status": "pending" }));
    assert_eq!(read(slow).await.0, 200);
    let intent = stand.paid().await;
    let (_, refund) = stand.refund(&intent, None).await;
    assert_eq!(refund["status"], "pending");
    assert_eq!(stand.refund(&intent, None).await.0, 400);
    let path = format!("refunds/{}/settle", id_of(&refund));
    assert_eq!(stand.controls(&path, &json!({ "status": "failed" })).await.0, 200);
    assert_eq!(stand.told().await.last().unwrap(), "refund.failed");
    assert_eq!(stand.refund(&intent, None).await.0, 200, "the money is there again");
}

#[tokio::test]
async fn what_was_paid_can_be_disputed() {
    let stand = Stand::start();
    let intent = stand.paid().await;
    let (status, dispute) = stand.control(&format!("payment_intents/{intent}/dispute")).await;
    assert_eq!((status, &dispute["status"]), (200, &json!("needs_response")));
    let (_, list) = read(stand.get(&format!("/v1/disputes?payment_intent={intent}"))).await;
    assert_eq!(list["data"][0]["id"], dispute["id"]);
    let path = format!("disputes/{}/close", id_of(&dispute));
    assert_eq!(stand.controls(&path, &json!({ "status": "won" })).await.1["status"], "won");
    assert_eq!(stand.told().await[2..], ["charge.dispute.created", "charge.dispute.closed"]);
}
