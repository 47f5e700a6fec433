//! What claims to come from Stripe: only what Stripe says when asked, of the intent that we made, pays.

use journeys::{Goods, Shop, eventually};
use serde_json::json;

#[tokio::test]
async fn no_foreign_intent_pays_an_order() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;

    for (amount, currency) in [(placed.gross - 1, "pln"), (placed.gross, "usd"), (placed.gross, "pln")] {
        let foreign = shop.stripe.makes_a_foreign_intent(amount, currency, &placed.id).await;
        shop.stripe.succeed(&foreign);
        eventually("the event has been worked on", async || {
            let rows = format!(
                "payments.inbox where intent_id = '{foreign}' and kind like '%succeeded' and worked_at is not null"
            );
            (shop.count(&rows).await == 1).then_some(())
        })
        .await;
        let order = ada.order(&placed).await;
        assert_eq!(
            (&order["status"], &order["paidAt"]),
            (&json!("pending_payment"), &json!(null)),
            "{amount}"
        );
        assert_eq!(shop.stock_of(&yoghurt).await, (100, 4));
    }

    shop.stripe.succeed(&placed.intent);
    assert_eq!(ada.sees_payment("succeeded", &placed).await["status"], "paid");
    shop.is_sound().await;
}

#[tokio::test]
async fn a_webhook_without_stripes_signature_is_refused_and_forgotten() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;
    let event = json!({
        "id": "evt_forged", "type": "payment_intent.succeeded",
        "data": { "object": {
            "object": "payment_intent", "id": placed.intent, "status": "succeeded", "amount": placed.gross,
            "amount_received": placed.gross, "currency": "pln", "metadata": { "order_id": placed.id },
        } },
    });
    for signature in [None, Some(""), Some("t=1,v1=00"), Some("t=99999999999,v1=nonsense")] {
        let forger = match signature {
            Some(signature) => shop.guest().with("stripe-signature", signature),
            None => shop.guest(),
        };
        let answer = forger.post("/stripe/webhook", &event).await;
        assert_eq!(answer.refusal(), (400, "SIGNATURE_INVALID".to_owned()), "{signature:?}");
    }
    assert_eq!(shop.count("payments.inbox where event_id = 'evt_forged'").await, 0);
    assert_eq!(ada.order(&placed).await["status"], "pending_payment");
}

#[tokio::test]
async fn an_event_that_comes_again_changes_nothing() {
    let shop = Shop::open().await;
    let yoghurt = shop.sells(Goods::default()).await;
    let ada = shop.customer().await;
    ada.adds(&yoghurt, 4).await.with_status(200);
    let placed = ada.places_an_order().await;
    shop.stripe.succeed(&placed.intent);
    ada.sees_payment("succeeded", &placed).await;
    ada.sees_an_empty_cart().await;
    eventually("the units have left the house", async || {
        (shop.stock_of(&yoghurt).await == (96, 0)).then_some(())
    })
    .await;
    let order = ada.order(&placed).await;
    ada.adds(&yoghurt, 4).await.with_status(200);

    let paid = shop.db.lines("select event_id from payments.inbox where kind like '%succeeded'").await;
    for _ in 0..5 {
        shop.stripe.resends(paid[0].trim_matches(['(', ')'])).await;
    }
    eventually("all of them were answered", async || {
        let sent = shop.stripe.deliveries().await;
        let delivered = sent.iter().all(|delivery| delivery["progress"] == "delivered");
        (delivered && shop.count("platform.jobs").await == 0).then_some(())
    })
    .await;

    assert_eq!(ada.order(&placed).await, order);
    assert_eq!(
        (ada.cart().await["summary"]["quantity"].clone(), shop.stock_of(&yoghurt).await),
        (json!(4), (96, 0))
    );
    shop.is_sound().await;
}
