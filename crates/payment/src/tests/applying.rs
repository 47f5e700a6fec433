//! Taking over what the provider says.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::{Clock as _, id::OrderId};
use tokio::sync::Barrier;

use super::{House, Mood, at, declined};
use crate::{
    PaymentStatus, PaymentsApi as _,
    ports::{Intent, IntentStatus},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn success_is_told_once_however_often_it_is_heard_of() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    let succeeded = at(&intent, IntentStatus::Succeeded);
    for applied in join_all((0..20).map(|_| house.payments.apply(&succeeded))).await {
        applied.unwrap();
    }
    let payment = house.payment(request).await;
    assert_eq!(payment.status, PaymentStatus::Succeeded);
    assert_eq!(house.told().await, [1, 0, 0]);
    let told = format!(
        "platform.outbox where payload = jsonb_build_object('paymentId', '{}', 'orderId', '{}', 'amount',
            jsonb_build_object('amount', 31500, 'currency', 'PLN'))",
        payment.id, request.order
    );
    assert_eq!(house.count(&told).await, 1);
}

#[tokio::test]
async fn a_late_processing_after_success_changes_nothing() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    house.payments.apply(&at(&intent, IntentStatus::Succeeded)).await.unwrap();
    let before = house.db.lines("select * from payments.payments").await;
    house.clock.advance(TimeDelta::minutes(1));
    for late in
        [at(&intent, IntentStatus::Processing), at(&intent, IntentStatus::Canceled), declined(&intent)]
    {
        house.payments.apply(&late).await.unwrap();
    }
    assert_eq!(house.payment(request).await.status, PaymentStatus::Succeeded);
    assert_eq!(house.db.lines("select * from payments.payments").await, before);
    assert_eq!(house.told().await, [1, 0, 0]);
}

/// Every order of the items.
fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let each = items.iter().flat_map(|first| {
        let rest: Vec<usize> = items.iter().copied().filter(|item| item != first).collect();
        permutations(&rest).into_iter().map(move |mut tail| {
            tail.insert(0, *first);
            tail
        })
    });
    each.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_whatever_order_news_comes_a_payment_only_rises() {
    use PaymentStatus::{Canceled, Failed, Processing, RequiresAction, Succeeded};
    let house = House::new().await;
    let orders = permutations(&[0, 1, 2, 3, 4]);
    assert_eq!(orders.len(), 120);
    let runs = orders.iter().map(async |order| {
        let (request, intent) = house.started().await;
        let news = [
            (at(&intent, IntentStatus::RequiresAction), RequiresAction),
            (at(&intent, IntentStatus::Processing), Processing),
            (declined(&intent), Failed),
            (at(&intent, IntentStatus::Canceled), Canceled),
            (at(&intent, IntentStatus::Succeeded), Succeeded),
        ];
        let mut highest = PaymentStatus::RequiresPaymentMethod;
        for (intent, status) in order.iter().map(|i| &news[*i]) {
            house.payments.apply(intent).await.unwrap();
            highest = highest.max(*status);
            let stands = format!("payments.payments where order_id = '{}'", request.order);
            let stands = house.db.lines(&format!("select status from {stands}")).await;
            assert_eq!(stands, [format!("({})", highest.as_str())], "{order:?}");
        }
        assert_eq!(highest, Succeeded);
    });
    join_all(runs).await;
    // A failure is told of where it came before everything above it.
    let failures = orders.iter().filter(|o| o.iter().find(|n| **n >= 2) == Some(&2)).count();
    assert_eq!(house.told().await, [120, i64::try_from(failures).unwrap(), 0]);
}

#[tokio::test]
async fn money_that_does_not_add_up_never_pays() {
    type Change = fn(&mut Intent, OrderId);
    let house = House::new().await;
    let other = OrderId::generate(house.clock.now());
    let changes: [(&str, Change); 7] = [
        ("amount", |intent, _| intent.amount -= 1),
        ("amount", |intent, _| intent.amount = 1),
        ("currency", |intent, _| intent.currency = "usd".to_owned()),
        ("order", |intent, other| intent.order = Some(other)),
        ("order", |intent, _| intent.order = None),
        ("livemode", |intent, _| intent.livemode = true),
        ("amount, currency, livemode", |intent, _| {
            intent.amount += 1;
            intent.currency = "eur".to_owned();
            intent.livemode = true;
        }),
    ];
    for (nth, (differences, change)) in (1..).zip(changes) {
        let (request, intent) = house.started().await;
        let mut foreign = at(&intent, IntentStatus::Succeeded);
        change(&mut foreign, other);
        for _ in 0..3 {
            house.payments.apply(&foreign).await.unwrap();
        }
        assert_eq!(house.payment(request).await.status, PaymentStatus::RequiresPaymentMethod);
        assert_eq!(house.told().await, [0, 0, nth], "told once: {differences}");
        let list = differences.replace(", ", "\", \"");
        let named = format!(
            "platform.outbox where aggregate = '{}' and payload->'differences' = '[\"{list}\"]'",
            request.order
        );
        assert_eq!(house.count(&named).await, 1, "{differences}");
    }
}

#[tokio::test]
async fn an_intent_of_nobody_here_is_ignored() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    let stranger = Intent { id: "pi_other".to_owned(), order: None, ..at(&intent, IntentStatus::Succeeded) };
    house.payments.apply(&stranger).await.unwrap();
    let order = Some(OrderId::generate(house.clock.now()));
    house.payments.apply(&Intent { order, ..stranger }).await.unwrap();
    assert_eq!(house.payment(request).await.status, PaymentStatus::RequiresPaymentMethod);
    assert_eq!(house.told().await, [0, 0, 0]);
}

#[tokio::test]
async fn an_intent_whose_answer_was_lost_is_found_by_its_order() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Mute);
    house.payments.start(request).await.unwrap();
    let intent = house.intent(request.order);
    let wrong = Intent { amount: 1, ..at(&intent, IntentStatus::Succeeded) };
    house.payments.apply(&wrong).await.unwrap();
    assert_eq!(house.told().await, [0, 0, 1]);

    house.payments.apply(&at(&intent, IntentStatus::Succeeded)).await.unwrap();
    let payment = house.payment(request).await;
    assert_eq!((payment.status, payment.intent), (PaymentStatus::Succeeded, Some(intent.id)));
    assert_eq!(house.told().await, [1, 0, 1]);
    house.clock.advance(TimeDelta::minutes(1));
    house.in_background(request).await.unwrap();
    assert_eq!(house.till.keys.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn news_that_overtakes_the_answer_stands() {
    let house = House::new().await;
    let (request, door) = (house.request(), Arc::new(Barrier::new(2)));
    *house.till.door.lock().unwrap() = Some(door.clone());
    let service = house.payments.clone();
    let starting = tokio::spawn(async move { service.start(request).await });
    door.wait().await;
    let intent = house.intent(request.order);
    house.payments.apply(&at(&intent, IntentStatus::Succeeded)).await.unwrap();
    door.wait().await;
    let payment = starting.await.unwrap().unwrap();
    assert_eq!((payment.status, payment.intent), (PaymentStatus::Succeeded, Some(intent.id)));
    assert_eq!(house.told().await, [1, 0, 0]);
}

#[tokio::test]
async fn an_intent_that_is_paid_when_its_answer_comes_is_told_of_like_any_other() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Mute);
    house.payments.start(request).await.unwrap();
    house.till.set(&at(&house.intent(request.order), IntentStatus::Succeeded));
    house.feel(Mood::Good);
    let payment = house.payments.start(request).await.unwrap();
    assert_eq!(payment.status, PaymentStatus::Succeeded);
    assert!(payment.client_secret.is_some());
    assert_eq!(house.told().await, [1, 0, 0]);
}

#[tokio::test]
async fn an_answer_without_the_secret_does_not_forget_it() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    let silent = Intent { client_secret: None, ..at(&intent, IntentStatus::RequiresAction) };
    house.payments.apply(&silent).await.unwrap();
    let payment = house.payment(request).await;
    assert_eq!(
        (payment.status, payment.client_secret),
        (PaymentStatus::RequiresAction, intent.client_secret)
    );
}

#[tokio::test]
async fn a_declined_card_is_told_of_and_may_still_succeed() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    house.payments.apply(&declined(&intent)).await.unwrap();
    let payment = house.payment(request).await;
    assert_eq!((payment.status, payment.failure.as_deref()), (PaymentStatus::Failed, Some("card_declined")));
    house.payments.apply(&at(&intent, IntentStatus::Succeeded)).await.unwrap();
    let payment = house.payment(request).await;
    assert_eq!((payment.status, payment.failure), (PaymentStatus::Succeeded, None));
    assert_eq!(house.told().await, [1, 1, 0]);
}

/// Six views of one intent, taken over in every one of their 720 orders: what the provider said last is what stands, told
/// once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_events_in_any_order_end_where_the_provider_is() {
    let house = House::new().await;
    let orders = permutations(&[0, 1, 2, 3, 4, 5]);
    assert_eq!(orders.len(), 720);
    for some in orders.chunks(20) {
        let at_once = some.iter().map(async |order| {
            let (request, intent) = house.started().await;
            let views = [
                at(&intent, IntentStatus::RequiresPaymentMethod),
                at(&intent, IntentStatus::RequiresAction),
                at(&intent, IntentStatus::Processing),
                declined(&intent),
                at(&intent, IntentStatus::RequiresAction),
                at(&intent, IntentStatus::Succeeded),
            ];
            for view in order {
                house.payments.apply(&views[*view]).await.unwrap();
            }
            assert_eq!(
                house.payments.start(request).await.unwrap().status,
                PaymentStatus::Succeeded,
                "{order:?}"
            );
        });
        join_all(at_once).await;
    }
    assert_eq!(house.told().await[0], 720);
}
