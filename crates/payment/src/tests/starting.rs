//! Starting payments.

use bus::JobError;
use chrono::TimeDelta;
use contracts::order::PaymentMethod;
use futures_util::future::join_all;
use kernel::{
    Clock as _, Money,
    id::{OrderId, PaymentId},
};

use super::{House, Mood, PRICE};
use crate::{Payment, PaymentError, PaymentStatus, PaymentsApi as _, StartPayment, ports::Method};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_starts_once_however_often_it_is_asked() {
    let house = House::new().await;
    let request = house.request();
    let answers = join_all((0..10).map(|_| house.payments.start(request))).await;
    let answers: Vec<Payment> = answers.into_iter().map(Result::unwrap).collect();
    let intent = house.intent(request.order);
    for payment in &answers {
        assert_eq!(payment.id, answers[0].id);
        assert_eq!(
            (&payment.intent, payment.client_secret.as_ref()),
            (&Some(intent.id.clone()), intent.client_secret.as_ref())
        );
        assert_eq!((payment.status, payment.amount), (PaymentStatus::RequiresPaymentMethod, PRICE));
    }
    assert_eq!(house.count("payments.payments").await, 1);
    let key = format!("pi:{}:1", request.order);
    assert!(house.till.keys.lock().unwrap().iter().all(|asked| *asked == key));
    assert_eq!(house.till.intents.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_that_start_at_the_same_moment_get_each_their_own_intent() {
    let house = House::new().await;
    let requests: Vec<_> = (0..40).map(|_| house.request()).collect();
    // Every other one has saved a card.
    for request in requests.iter().step_by(2) {
        let user = request.user;
        house
            .db
            .exec(&format!("insert into payments.customers values ('{user}', 'cus_{user}', now())"))
            .await;
    }
    // Each asked for by two.
    let asked = requests.iter().chain(&requests).map(|request| house.payments.start(*request));
    let answers = join_all(asked).await.into_iter().map(Result::unwrap);
    for (nth, (payment, request)) in answers.zip(requests.iter().chain(&requests)).enumerate() {
        let intent = house.intent(request.order);
        assert_eq!((payment.order, payment.intent), (request.order, Some(intent.id)));
        assert_eq!(payment.customer, (nth % 2 == 0).then(|| format!("cus_{}", request.user)));
        assert_eq!(house.payment(*request).await.status, PaymentStatus::RequiresPaymentMethod);
    }
    assert_eq!(house.count("payments.payments").await, 40);
}

#[tokio::test]
async fn another_amount_for_the_same_order_is_refused() {
    let house = House::new().await;
    let (request, _) = house.started().await;
    let other = StartPayment { amount: Money::grosz(1), ..request };
    let refused = house.payments.start(other).await;
    assert!(matches!(refused, Err(PaymentError::Different(order)) if order == request.order));
    assert_eq!(house.payment(request).await.amount, PRICE);
}

#[tokio::test]
async fn while_the_provider_is_away_a_payment_is_creating_until_the_background_attaches_it() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Away);
    let payment = house.payments.start(request).await.unwrap();
    assert_eq!((payment.status, payment.client_secret), (PaymentStatus::Creating, None));
    house.clock.advance(TimeDelta::seconds(15));
    let put_off = house.in_background(request).await;
    assert!(matches!(put_off, Err(JobError::NotYet(wait)) if wait == TimeDelta::seconds(10)));

    house.feel(Mood::Good);
    house.in_background(request).await.unwrap();
    let attached = house.payment(request).await;
    assert_eq!(attached.id, payment.id);
    assert_eq!(
        (attached.status, attached.intent),
        (PaymentStatus::RequiresPaymentMethod, Some(house.intent(request.order).id))
    );
    assert!(attached.client_secret.is_some());
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_under_the_same_key() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Mute);
    let payment = house.payments.start(request).await.unwrap();
    assert_eq!((payment.status, payment.intent), (PaymentStatus::Creating, None));
    house.feel(Mood::Good);
    house.clock.advance(TimeDelta::seconds(15));
    house.in_background(request).await.unwrap();
    assert_eq!(house.payment(request).await.intent, Some(house.intent(request.order).id));
    let keys = house.till.keys.lock().unwrap().clone();
    assert_eq!((keys.len(), house.till.intents.lock().unwrap().len()), (2, 1));
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn the_background_leaves_a_young_attempt_to_its_request() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Away);
    house.payments.start(request).await.unwrap();
    house.feel(Mood::Good);
    house.clock.advance(TimeDelta::milliseconds(11_999));
    assert!(matches!(house.in_background(request).await, Err(JobError::NotYet(_))));
    assert_eq!(house.till.keys.lock().unwrap().len(), 1, "the provider was left alone");
    house.clock.advance(TimeDelta::milliseconds(1));
    house.in_background(request).await.unwrap();
    assert_eq!(house.payment(request).await.status, PaymentStatus::RequiresPaymentMethod);
}

#[tokio::test]
async fn an_order_whose_request_died_is_started_by_its_event_alone() {
    let house = House::new().await;
    let request = house.request();
    for _ in 0..2 {
        house.in_background(request).await.unwrap();
    }
    assert_eq!(house.till.keys.lock().unwrap().len(), 1);
    assert!(house.payment(request).await.client_secret.is_some());
}

#[tokio::test]
async fn every_way_to_pay_on_the_device_is_started_at_the_provider() {
    let house = House::new().await;
    for (contract, method) in [
        (PaymentMethod::Card, Method::Card),
        (PaymentMethod::Blik, Method::Blik),
        (PaymentMethod::P24, Method::P24),
    ] {
        let request = StartPayment { method, ..house.request() };
        house.placed(request, contract).await.unwrap();
        assert!(house.payment(request).await.intent.is_some(), "{method:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_a_failure_told_once() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Refusing);
    for payment in join_all((0..10).map(|_| house.payments.start(request))).await {
        let payment = payment.unwrap();
        assert_eq!(payment.status, PaymentStatus::Failed);
        assert_eq!(payment.failure.as_deref(), Some("amount_too_large"));
    }
    assert_eq!(house.told().await, [0, 1, 0]);
    house.in_background(request).await.unwrap();
    assert_eq!(house.payment(request).await.status, PaymentStatus::Failed);
}

#[tokio::test]
async fn an_attempt_asks_for_the_same_however_often_also_when_a_card_was_saved_meanwhile() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Mute);
    house.payments.start(request).await.unwrap();
    let save = |user| format!("insert into payments.customers values ('{user}', 'cus_{user}', now())");
    house.db.exec(&save(request.user)).await;
    house.feel(Mood::Good);
    house.payments.start(request).await.unwrap();
    let next = StartPayment { user: request.user, ..house.request() };
    house.payments.start(next).await.unwrap();
    let asked = house.till.asked.lock().unwrap().clone();
    let customers: Vec<Option<String>> = asked.into_iter().map(|new| new.customer).collect();
    assert_eq!(customers, [None, None, Some(format!("cus_{}", request.user))]);
}

#[test]
fn a_payment_does_not_show_its_secret() {
    let now = testkit::clock().now();
    let payment = Payment {
        id: PaymentId::generate(now),
        order: OrderId::generate(now),
        customer: None,
        attempt: 1,
        method: Method::Card,
        amount: PRICE,
        status: PaymentStatus::Creating,
        intent: None,
        client_secret: Some("pi_1_secret_2".to_owned()),
        next_action: None,
        failure: None,
        expires_at: now,
        created_at: now,
    };
    assert!(!format!("{payment:?}").contains("secret_2"));
}
