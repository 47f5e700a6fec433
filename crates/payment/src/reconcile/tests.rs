//! Our books against the provider's.

use chrono::TimeDelta;
use kernel::{
    Money,
    id::{OrderId, PaymentId},
};

use super::Tally;
use crate::{
    PaymentStatus, PaymentsApi as _,
    ports::{Intent, IntentStatus, Method, NewIntent, PaymentProvider as _, ProviderRefundStatus},
    tests::{House, Mood, at, refund_of},
};

impl House {
    async fn found(&self) -> Vec<String> {
        self.db.lines("select kind, outcome, subject from payments.differences order by kind, subject").await
    }

    /// All pages of it, one after the other.
    async fn reconcile_recent(&self) -> Tally {
        let mut place = self.payments.begin_recent().await.unwrap();
        while let Some(next) = self.payments.reconcile_page(place.clone()).await.unwrap() {
            assert_ne!(next, place);
            // As a job's payload.
            place = serde_json::from_value(serde_json::to_value(next).unwrap()).unwrap();
        }
        let query = "select checked, repaired, flagged from payments.reconciliations
                     where scope = 'recent' and finished_at is not null";
        let line = self.db.lines(query).await.remove(0);
        let numbers: Vec<i32> =
            line.trim_matches(['(', ')']).split(',').map(|n| n.parse().unwrap()).collect();
        Tally { checked: numbers[0], repaired: numbers[1], flagged: numbers[2] }
    }

    fn later(&self) {
        self.clock.advance(TimeDelta::minutes(5));
    }
}

#[tokio::test]
async fn money_whose_event_never_came_is_found() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    house.till.set(&at(&intent, IntentStatus::Succeeded));
    assert_eq!(house.payments.reconcile_open().await.unwrap(), Tally::default(), "it may be on its way");
    house.later();
    let tally = house.payments.reconcile_open().await.unwrap();
    assert_eq!(tally, Tally { checked: 1, repaired: 1, flagged: 0 });
    assert_eq!(house.payment(request).await.status, PaymentStatus::Succeeded);
    assert_eq!(house.told().await, [1, 0, 0]);
    assert_eq!(house.found().await, [format!("(behind,repaired,{})", intent.id)]);
    house.later();
    assert_eq!(house.payments.reconcile_open().await.unwrap(), Tally::default(), "it is final");
}

#[tokio::test]
async fn what_does_not_add_up_is_flagged_and_pays_nothing() {
    let house = House::new().await;
    let (request, intent) = house.started().await;
    let less = Intent {
        amount: intent.amount - 1,
        received: intent.amount - 1,
        ..at(&intent, IntentStatus::Succeeded)
    };
    house.till.set(&less);
    for _ in 0..2 {
        house.later();
        let tally = house.payments.reconcile_open().await.unwrap();
        assert_eq!(tally, Tally { checked: 1, repaired: 0, flagged: 1 });
    }
    assert_eq!(house.payment(request).await.status, PaymentStatus::RequiresPaymentMethod);
    assert_eq!(house.told().await, [0, 0, 1]);
    assert_eq!(house.found().await, [format!("(mismatched,flagged,{})", intent.id)]);
}

#[tokio::test]
async fn an_intent_that_the_provider_does_not_know_is_flagged() {
    let house = House::new().await;
    let (_, intent) = house.started().await;
    house.till.intents.lock().unwrap().clear();
    house.later();
    assert_eq!(house.payments.reconcile_open().await.unwrap().flagged, 1);
    assert_eq!(house.found().await, [format!("(unknown_there,flagged,{})", intent.id)]);
}

#[tokio::test]
async fn an_intent_that_is_none_of_ours_is_flagged() {
    let house = House::new().await;
    let now = chrono::DateTime::UNIX_EPOCH;
    let foreign = NewIntent {
        order: OrderId::generate(now),
        payment: PaymentId::generate(now),
        amount: Money::grosz(500),
        method: Method::Card,
        customer: None,
    };
    let intent = house.till.create_intent(&foreign, "k").await.unwrap();
    assert_eq!(house.reconcile_recent().await.flagged, 1);
    assert_eq!(house.found().await, [format!("(unknown_here,flagged,{})", intent.id)]);
}

#[tokio::test]
async fn refunds_that_nobody_told_us_of_are_found() {
    let house = House::new().await;
    let (_, intent) = house.paid().await;
    let by_hand = refund_of(&intent.id, None, 1_500);
    house.till.refunds.lock().unwrap().push(("by hand".to_owned(), by_hand));
    let tally = house.reconcile_recent().await;
    assert_eq!((tally.repaired, tally.flagged), (1, 0));
    assert_eq!(house.found().await, [format!("(refunds,repaired,{})", intent.id)]);
    house.till.set_refunds(ProviderRefundStatus::Failed);
    assert_eq!(house.reconcile_recent().await.repaired, 1);
    assert_eq!(house.reconcile_recent().await.repaired, 0);
}

#[tokio::test]
async fn the_last_three_days_are_gone_through_both_ways() {
    let house = House::new().await;
    let (known, lost, behind) = (house.started().await, house.started().await, house.started().await);
    house.till.set(&at(&behind.1, IntentStatus::Succeeded));
    house.till.intents.lock().unwrap().retain(|_, intent| intent.id != lost.1.id);
    house.clock.advance(TimeDelta::days(1));
    let tally = house.reconcile_recent().await;
    assert_eq!(tally, Tally { checked: 3, repaired: 1, flagged: 1 });
    let expected =
        [format!("(behind,repaired,{})", behind.1.id), format!("(unknown_there,flagged,{})", lost.1.id)];
    assert_eq!(house.found().await, expected);
    assert_eq!(house.payment(known.0).await.status, PaymentStatus::RequiresPaymentMethod);
}

#[tokio::test]
async fn an_attempt_that_nobody_finished_is_finished() {
    let house = House::new().await;
    let request = house.request();
    house.feel(Mood::Mute);
    house.payments.start(request).await.unwrap();
    house.feel(Mood::Good);
    house.later();
    house.payments.reconcile_open().await.unwrap();
    let payment = house.payment(request).await;
    assert_eq!(
        (payment.status, house.till.intents.lock().unwrap().len()),
        (PaymentStatus::RequiresPaymentMethod, 1)
    );
}

#[tokio::test]
async fn one_that_cannot_be_understood_keeps_no_other_from_being_found() {
    let house = House::new().await;
    let (riddle, behind) = (house.started().await, house.started().await);
    *house.till.riddle.lock().unwrap() = Some(riddle.1.id);
    house.till.set(&at(&behind.1, IntentStatus::Succeeded));
    house.later();
    assert_eq!(house.payments.reconcile_open().await.unwrap().repaired, 1);
    assert_eq!(house.count("payments.payments where checked_at is not null").await, 2);
}

#[tokio::test]
async fn a_refund_whose_job_was_given_up_is_asked_for_again() {
    let house = House::new().await;
    let (request, intent) = house.paid().await;
    let due = contracts::order::RefundDue {
        order_id: request.order,
        payment_id: None,
        cause: contracts::order::RefundCause::Cancelled,
    };
    house.tell(crate::RefundOrder, due).await;
    house.db.exec("delete from platform.jobs").await;
    house.later();
    house.payments.reconcile_open().await.unwrap();
    let there = house.till.refunds.lock().unwrap().clone();
    assert_eq!((there.len(), there[0].1.amount), (1, intent.amount));
    assert_eq!(house.count("payments.refunds where status = 'succeeded'").await, 1);
}

#[tokio::test]
async fn while_the_provider_is_away_a_run_comes_to_nothing_and_the_next_can_begin_at_once() {
    let house = House::new().await;
    let (_, intent) = house.started().await;
    house.later();
    house.feel(Mood::Away);
    assert!(house.payments.reconcile_open().await.is_err());
    assert_eq!(house.count("payments.reconciliations where finished_at is null").await, 1);
    house.feel(Mood::Good);
    house.till.set(&at(&intent, IntentStatus::Canceled));
    assert_eq!(house.payments.reconcile_open().await.unwrap().repaired, 1);
    assert_eq!(house.count("payments.reconciliations where finished_at is not null").await, 1);
}
