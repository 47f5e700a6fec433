//! Another attempt, and asking how things stand.

use bus::Runner;
use futures_util::future::join_all;

use super::{House, Mood, PRICE, at, declined};
use crate::{
    FinishAttempt, Paid, PaymentStatus, PaymentsApi as _, Retried, StartPayment, StopOthers,
    ports::{IntentStatus, Method},
};

impl House {
    async fn retried(&self, request: StartPayment) -> crate::Payment {
        match self.payments.retry(request).await.unwrap() {
            Retried::Open(payment) => *payment,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failure_there_is_one_new_attempt_however_often_it_is_asked_for() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    house.till.set(&declined(&intent));
    house.payments.apply(&declined(&intent)).await.unwrap();
    let answers = join_all((0..10).map(|_| house.retried(request))).await;
    let second = &answers[0];
    assert_eq!((second.attempt, second.status), (2, PaymentStatus::RequiresPaymentMethod));
    assert!(answers.iter().all(|answer| answer.id == second.id));
    assert_ne!(second.intent, Some(intent.id));
    assert_eq!(
        house.intent(request.order).status,
        IntentStatus::Canceled,
        "the first can take no money any more"
    );
    assert_eq!(house.retried(request).await.id, second.id, "while it is open it is the answer");
}

#[tokio::test]
async fn a_customer_may_decide_for_another_way() {
    let house = House::new().await;
    let (request, _) = house.started().await;
    let by_blik = StartPayment { method: Method::Blik, ..request };
    let blik = house.retried(by_blik).await;
    assert_eq!((blik.attempt, blik.method), (2, Method::Blik));
    assert_eq!(house.intent(request.order).status, IntentStatus::Canceled);
    assert_eq!(house.retried(request).await.attempt, 3);
}

#[tokio::test]
async fn money_that_is_here_or_under_way_allows_no_other_attempt() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    let by_blik = StartPayment { method: Method::Blik, ..request };
    house.till.set(&at(&intent, IntentStatus::Processing));
    assert_eq!(house.payments.retry(by_blik).await.unwrap(), Retried::UnderWay);
    house.till.set(&at(&intent, IntentStatus::Succeeded));
    assert_eq!(house.payments.retry(by_blik).await.unwrap(), Retried::Paid);
    assert_eq!(house.count("payments.payments").await, 1);
    assert_eq!(house.told().await, [1, 0, 0]);
}

#[tokio::test]
async fn twenty_attempts_are_enough() {
    let house = House::new().await;
    let (request, _) = house.started().await;
    for n in 1..20 {
        let method = if n % 2 == 0 { Method::Card } else { Method::Blik };
        house.retried(StartPayment { method, ..request }).await;
    }
    let by_p24 = StartPayment { method: Method::P24, ..request };
    assert_eq!(house.payments.retry(by_p24).await.unwrap(), Retried::TooOften);
    assert_eq!(house.count("payments.payments where status = 'canceled'").await, 20);
}

#[tokio::test]
async fn an_attempt_whose_answer_was_lost_is_finished_in_the_background() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    house.till.set(&declined(&intent));
    house.payments.apply(&declined(&intent)).await.unwrap();
    // The first can still be cancelled, the second is made and its answer lost.
    house.payments.stop_attempts(request.order, |_| true).await.unwrap();
    house.feel(Mood::Mute);
    assert_eq!(house.retried(request).await.status, PaymentStatus::Creating);
    house.feel(Mood::Good);
    let runner =
        Runner::new(house.db.db(), house.clock.clone()).effect(FinishAttempt(house.payments.clone()));
    house.clock.advance(crate::LOOK_AFTER);
    assert!(runner.run_effect().await.unwrap());
    let open =
        house.count("payments.payments where attempt = 2 and status = 'requires_payment_method'").await;
    assert_eq!((open, house.till.intents.lock().unwrap().len()), (1, 2));
}

#[tokio::test]
async fn once_one_attempt_has_paid_the_others_are_stopped() {
    let house = House::new().await;
    let (request, first) = house.started().await;
    let by_blik = StartPayment { method: Method::Blik, ..request };
    let second = house.retried(by_blik).await;
    // The bank had said yes to the first before we could cancel it.
    house.payments.apply(&at(&first, IntentStatus::Succeeded)).await.unwrap();
    let runner = Runner::new(house.db.db(), house.clock.clone()).effect(StopOthers(house.payments.clone()));
    assert!(runner.run_effect().await.unwrap());
    let stands = format!("payments.payments where id = '{}' and status = 'canceled'", second.id);
    assert_eq!(house.count(&stands).await, 1);
}

#[tokio::test]
async fn asking_now_finds_money_whose_event_never_came() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    let synced = house.payments.sync(request.order).await.unwrap();
    assert_eq!((synced.paid, synced.latest.unwrap().status), (vec![], PaymentStatus::RequiresPaymentMethod));
    house.till.set(&at(&intent, IntentStatus::Succeeded));
    let payment = house.payment(request).await.id;
    for _ in 0..2 {
        let paid = house.payments.sync(request.order).await.unwrap().paid;
        assert_eq!(paid, [Paid { payment, amount: PRICE }]);
    }
    assert_eq!((house.told().await, *house.till.looks.lock().unwrap()), ([1, 0, 0], 2), "the last knew it");
}
