//! Money that goes back.

use std::collections::BTreeSet;

use audit::Books as _;
use bus::Runner;
use chrono::TimeDelta;
use contracts::order::{RefundCause, RefundDue};
use futures_util::future::join_all;
use kernel::{
    Actor, Clock as _, Money, Role,
    id::{OrderId, RefundId, StaffId},
};

use super::RefundStatus;
use crate::{
    PaymentError, PaymentsApi as _, RefundOrder, SendRefund, StartPayment,
    ports::{Method, ProviderRefundStatus},
    tests::{House, Mood, refund_of},
};

impl House {
    async fn refunds(&self, order: OrderId, amount: Option<i64>) -> Result<super::Refund, PaymentError> {
        let now = self.clock.now();
        let actor = Actor { staff: StaffId::generate(now), role: Role::Finance };
        let id = RefundId::generate(now);
        self.payments.refund(actor, order, (amount.map(Money::grosz), "a broken jar"), id).await
    }

    fn sender(&self) -> Runner {
        Runner::new(self.db.db(), self.clock.clone())
            .effect(SendRefund(self.payments.clone()))
            .handle(RefundOrder)
    }

    async fn sends(&self) {
        let sender = self.sender();
        while sender.run_effect().await.unwrap() {}
    }

    /// What was told last: how much went back in all, and the revision.
    async fn told_refunded(&self) -> Vec<String> {
        let query = "select (payload->'refunded'->>'amount')::bigint, (payload->>'revision')::int
                     from platform.outbox where name = 'payment.refunded.v1' order by 2";
        self.db.lines(query).await
    }

    async fn sum_here(&self) -> i64 {
        self.db
            .number(
                "select coalesce(sum(amount), 0)::bigint from payments.refunds where status = 'succeeded'",
            )
            .await
    }

    fn sum_there(&self) -> i64 {
        let refunds = self.till.refunds.lock().unwrap();
        let counted = refunds.iter().filter(|(_, refund)| refund.status == ProviderRefundStatus::Succeeded);
        counted.map(|(_, refund)| refund.amount).sum()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_at_once_never_give_back_more_than_was_paid() {
    let house = House::new().await;
    let (request, _) = house.paid().await;
    // 315.00 were paid: three of 90.00 fit, and 45.00 are left.
    let answers = join_all((0..10).map(|_| house.refunds(request.order, Some(9_000)))).await;
    let made = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(made, 3);
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert!(
            matches!(refused, PaymentError::RefundTooLarge { left } if left.amount() == 4_500),
            "{refused}"
        );
    }
    assert_eq!(house.refunds(request.order, None).await.unwrap().amount, Money::grosz(4_500));
    assert!(matches!(house.refunds(request.order, None).await, Err(PaymentError::NothingToRefund)));
    assert!(matches!(house.refunds(request.order, Some(1)).await, Err(PaymentError::NothingToRefund)));
    house.sends().await;
    assert_eq!((house.sum_here().await, house.sum_there()), (31_500, 31_500));
    assert_eq!(house.told_refunded().await.last().unwrap(), "(31500,4)");
    assert!(house.payments.violations().await.unwrap().is_empty());
    assert_eq!(house.count("payments.payments where status = 'refunded'").await, 1);
    let keys: BTreeSet<String> =
        house.till.refunds.lock().unwrap().iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| key.starts_with("refund:")));
}

#[tokio::test]
async fn under_one_id_it_is_one_refund() {
    let house = House::new().await;
    let (request, _) = house.paid().await;
    let now = house.clock.now();
    let (actor, id) = (Actor { staff: StaffId::generate(now), role: Role::Finance }, RefundId::generate(now));
    for _ in 0..3 {
        let wanted = (Some(Money::grosz(1_000)), "a broken jar");
        let made = house.payments.refund(actor, request.order, wanted, id).await.unwrap();
        assert_eq!((made.id, made.status), (id, RefundStatus::Requested));
    }
    assert_eq!(house.count("payments.refunds").await, 1);
    assert_eq!(house.count("audit.entries where action = 'payment.refund'").await, 1);
}

#[tokio::test]
async fn what_was_not_paid_cannot_go_back() {
    let house = House::new().await;
    let (request, _) = house.started().await;
    assert!(matches!(house.refunds(request.order, None).await, Err(PaymentError::NothingToRefund)));
    let unheard_of = OrderId::generate(house.clock.now());
    assert!(matches!(house.refunds(unheard_of, Some(1)).await, Err(PaymentError::NothingToRefund)));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_looked_for_and_not_asked_for_again() {
    let house = House::new().await;
    let (request, _) = house.paid().await;
    let refund = house.refunds(request.order, Some(1_000)).await.unwrap();
    house.feel(Mood::Mute);
    let sender = house.sender();
    assert!(sender.run_effect().await.unwrap());
    assert_eq!((house.sum_here().await, house.sum_there()), (0, 1_000));
    house.feel(Mood::Good);
    // The provider has forgotten the key since then.
    house.till.refunds.lock().unwrap()[0].0 = "forgotten".to_owned();
    house.clock.advance(TimeDelta::days(2));
    assert!(sender.run_effect().await.unwrap());
    assert_eq!((house.sum_here().await, house.sum_there()), (1_000, 1_000));
    let stands = format!("payments.refunds where id = '{}' and provider_id is not null", refund.id);
    assert_eq!(house.count(&stands).await, 1);
}

#[tokio::test]
async fn a_refund_that_fails_even_late_leaves_the_money_to_be_given_back_again() {
    let house = House::new().await;
    let (request, intent) = house.paid().await;
    house.refunds(request.order, None).await.unwrap();
    house.sends().await;
    assert_eq!(house.told_refunded().await, ["(31500,1)"]);
    house.till.set_refunds(ProviderRefundStatus::Failed);
    let known =
        house.till.refunds.lock().unwrap().iter().map(|(_, refund)| refund.clone()).collect::<Vec<_>>();
    for _ in 0..2 {
        house.payments.apply_refunds(&intent.id, &known).await.unwrap();
    }
    assert_eq!(house.told_refunded().await, ["(31500,1)", "(0,2)"]);
    assert_eq!(house.count("platform.outbox where name = 'payment.refund_failed.v1'").await, 1);
    assert_eq!(house.count("payments.payments where status = 'succeeded'").await, 1);
    // Older news of the provider's changes nothing any more.
    house.till.set_refunds(ProviderRefundStatus::Succeeded);
    let old = house.till.refunds.lock().unwrap().iter().map(|(_, refund)| refund.clone()).collect::<Vec<_>>();
    assert!(!house.payments.apply_refunds(&intent.id, &old).await.unwrap());
    assert_eq!(house.refunds(request.order, None).await.unwrap().amount, request.amount);
}

#[tokio::test]
async fn a_refusal_of_the_provider_s_is_a_failure_told_once() {
    let house = House::new().await;
    let (request, _) = house.paid().await;
    house.refunds(request.order, Some(1_000)).await.unwrap();
    house.feel(Mood::Refusing);
    house.sends().await;
    assert_eq!(house.count("payments.refunds where status = 'failed'").await, 1);
    assert_eq!(house.count("platform.outbox where name = 'payment.refund_failed.v1'").await, 1);
    assert_eq!(house.told_refunded().await, Vec::<String>::new());
}

#[tokio::test]
async fn money_given_back_by_hand_at_the_provider_counts() {
    let house = House::new().await;
    let (request, intent) = house.paid().await;
    let by_hand = refund_of(&intent.id, None, 30_000);
    for _ in 0..2 {
        house.payments.apply_refunds(&intent.id, std::slice::from_ref(&by_hand)).await.unwrap();
    }
    assert_eq!(house.told_refunded().await, ["(30000,1)"]);
    let left = house.refunds(request.order, None).await.unwrap();
    assert_eq!(left.amount, Money::grosz(1_500));
}

#[tokio::test]
async fn an_order_s_money_goes_back_once_for_a_cause_whichever_attempt_brought_it() {
    let house = House::new().await;
    let (request, intent) = house.paid().await;
    let due = RefundDue { order_id: request.order, payment_id: None, cause: RefundCause::Late };
    let mut conn = house.payments.db.conn().await.unwrap();
    for _ in 0..2 {
        let now = house.clock.now();
        bus::enqueue::<RefundOrder>(&mut conn, &due, now, now).await.unwrap();
    }
    drop(conn);
    house.sender().drain().await.unwrap();
    house.sends().await;
    let keys: Vec<String> = house.till.refunds.lock().unwrap().iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(keys, [format!("refund:late:{}", intent.id)]);
    assert_eq!((house.sum_here().await, house.sum_there()), (31_500, 31_500));
}

#[tokio::test]
async fn what_came_by_transfer_goes_back_by_hand() {
    let house = House::new().await;
    let request = StartPayment { method: Method::BankTransfer, ..house.request() };
    house.payments.receive_transfer(request).await.unwrap();
    let refund = house.refunds(request.order, Some(1_500)).await.unwrap();
    house.sends().await;
    assert_eq!(house.sum_here().await, 0);
    let actor = Actor { staff: StaffId::generate(house.clock.now()), role: Role::Finance };
    for _ in 0..2 {
        let sent = house.payments.confirm_transfer(actor, refund.id, "2026/11/27 0042").await.unwrap();
        assert_eq!(sent.status, RefundStatus::Succeeded);
    }
    assert_eq!((house.sum_here().await, house.told_refunded().await), (1_500, vec!["(1500,1)".to_owned()]));
    let (by_card, _) = house.paid().await;
    let other = house.refunds(by_card.order, None).await.unwrap();
    let refused = house.payments.confirm_transfer(actor, other.id, "x").await;
    assert!(matches!(refused, Err(PaymentError::RefundNotFound)));
}
