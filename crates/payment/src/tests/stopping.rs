//! Stopping payments.

use super::{House, Mood, at};
use crate::{
    PaymentError, PaymentStatus, PaymentsApi as _, Stopped,
    ports::{Intent, IntentStatus},
};

impl House {
    fn set_intent(&self, intent: &Intent, status: IntentStatus) {
        self.till.set(&at(intent, status));
    }
}

#[tokio::test]
async fn a_payment_that_waits_is_stopped_for_good() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    for _ in 0..2 {
        assert_eq!(house.payments.stop(request).await.unwrap(), Stopped::Unpaid);
    }
    assert_eq!(house.intent(request.order).status, IntentStatus::Canceled);
    assert_eq!(house.till.cancelled.lock().unwrap().as_slice(), [format!("cancel:{}", intent.id)]);
    assert_eq!(house.payment(request).await.status, PaymentStatus::Canceled);
    assert_eq!(house.told().await, [0, 0, 0]);
}

#[tokio::test]
async fn money_that_came_first_is_told_of() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    house.set_intent(&intent, IntentStatus::Succeeded);
    for _ in 0..2 {
        assert_eq!(house.payments.stop(request).await.unwrap(), Stopped::Paid);
    }
    assert_eq!(house.told().await, [1, 0, 0], "succeeded, once");
}

#[tokio::test]
async fn money_under_way_can_be_stopped_once_it_has_come_back() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    house.set_intent(&intent, IntentStatus::Processing);
    assert_eq!(house.payments.stop(request).await.unwrap(), Stopped::UnderWay);
    house.set_intent(&intent, IntentStatus::RequiresPaymentMethod);
    assert_eq!(house.payments.stop(request).await.unwrap(), Stopped::Unpaid);
    assert_eq!(house.intent(request.order).status, IntentStatus::Canceled);
    assert_eq!(house.payment(request).await.status, PaymentStatus::Canceled);
}

#[tokio::test]
async fn an_intent_whose_answer_was_lost_is_found_and_stopped() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Mute);
    house.payments.start(request).await.unwrap();
    assert!(matches!(house.payments.stop(request).await, Err(PaymentError::Provider(_))), "nobody can tell");
    house.feel(Mood::Good);
    assert_eq!(house.payments.stop(request).await.unwrap(), Stopped::Unpaid);
    assert_eq!(house.intent(request.order).status, IntentStatus::Canceled);
    assert_eq!(house.till.intents.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_stopped_before_it_began_does_not_begin() {
    let house = House::new().await;
    let request = house.request();
    assert_eq!(house.payments.stop(request).await.unwrap(), Stopped::Unpaid);
    house.in_background(request).await.unwrap();
    let payment = house.payments.start(request).await.unwrap();
    assert_eq!(payment.status, PaymentStatus::Canceled);
    assert_eq!(house.intent(request.order).status, IntentStatus::Canceled);
}

#[tokio::test]
async fn while_the_provider_is_away_nothing_is_stopped() {
    let house = House::new().await;
    let (request, _) = house.started().await;
    house.feel(Mood::Away);
    assert!(matches!(house.payments.stop(request).await, Err(PaymentError::Provider(_))));
    house.feel(Mood::Good);
    assert_eq!(house.payment(request).await.status, PaymentStatus::RequiresPaymentMethod);
}
