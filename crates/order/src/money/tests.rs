//! Money that is late, comes twice, goes back, is fought about.

use contracts::payment::{DisputeOutcome, PaymentDisputed, PaymentRefunded, RefundFailed};
use kernel::{
    Clock as _, Money,
    id::{PaymentId, RefundId},
};

use super::LatePayment;
use crate::{
    Order, OrderStatus, PaymentStatus, Shortage,
    events::{HoldDisputed, MarkRefunded, NoteFailedRefund, tests::timeline},
    tests::Shop,
};

const ALL: i64 = 31_500;

fn first(order: &Order) -> PaymentId {
    PaymentId(order.id.0)
}

impl Shop {
    /// Someone's order whose money is here.
    async fn paid(&self) -> Order {
        let order = self.placed().await;
        self.pay_by(first(&order), order.id, ALL).await.unwrap();
        order
    }

    /// Money came for an order that had expired, and the job runs.
    async fn pays_late(&self, order: &Order) {
        self.pay_by(first(order), order.id, ALL).await.unwrap();
        assert_eq!(self.count("platform.jobs where name = 'order.take_late_money'").await, 1);
        // A job may be run again.
        for _ in 0..2 {
            let late = LatePayment { order_id: order.id, payment_id: first(order) };
            self.orders.take_late(late).await.unwrap();
        }
    }

    async fn refunded(&self, order: &Order, payment: PaymentId, (refunded, revision): (i64, i32)) {
        let event = PaymentRefunded {
            payment_id: payment,
            order_id: order.id,
            paid: Money::grosz(ALL),
            refunded: Money::grosz(refunded),
            revision,
        };
        self.tell(MarkRefunded, event).await.unwrap();
    }

    async fn disputes(&self, order: &Order, outcome: DisputeOutcome) {
        let event = PaymentDisputed {
            payment_id: first(order),
            order_id: order.id,
            dispute: "du_1".to_owned(),
            outcome,
            reason: "product_not_received".to_owned(),
        };
        self.tell(HoldDisputed, event).await.unwrap();
    }
}

#[tokio::test]
async fn late_money_takes_the_order_up_again_when_its_units_can_be_had() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.set_status(&order, "expired").await;
    shop.pays_late(&order).await;
    let read = shop.read(&order).await;
    assert_eq!((read.status, read.payment), (OrderStatus::Paid, Some(first(&order))));
    assert_eq!(timeline(&read), [("placed", None), ("paid", Some("late"))]);
    assert_eq!(shop.world.taken.lock().unwrap().as_slice(), [order.id]);
    assert_eq!((shop.told("paid").await, shop.told("refund_due").await), (1, 0));
}

#[tokio::test]
async fn late_money_goes_back_once_when_they_cannot_even_if_they_can_later() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.set_status(&order, "expired").await;
    let short = Shortage { product_id: order.lines[0].product, requested: 20, available: 0 };
    *shop.world.short.lock().unwrap() = Some(vec![short]);
    shop.pays_late(&order).await;
    *shop.world.short.lock().unwrap() = None;
    let late = LatePayment { order_id: order.id, payment_id: first(&order) };
    shop.orders.take_late(late).await.unwrap();
    let read = shop.read(&order).await;
    assert_eq!(read.status, OrderStatus::Expired);
    assert_eq!(timeline(&read)[1..].len(), 1);
    assert_eq!((shop.told("paid").await, shop.told("refund_due").await), (0, 1));
    assert!(shop.world.taken.lock().unwrap().is_empty());
    assert!(!shop.world.given_back.lock().unwrap().is_empty());
}

#[tokio::test]
async fn late_money_goes_back_when_the_cart_was_ordered_again() {
    let shop = Shop::new().await;
    let buyer = shop.buyer_with_cart();
    let (order, _) = shop.orders.place(shop.request(buyer), None).await.unwrap();
    shop.set_status(&order, "expired").await;
    let (again, _) = shop.orders.place(shop.request(buyer), None).await.unwrap();
    shop.pays_late(&order).await;
    assert_eq!(shop.read(&order).await.status, OrderStatus::Expired);
    assert_eq!(shop.read(&again).await.status, OrderStatus::PendingPayment);
    assert_eq!((shop.told("paid").await, shop.told("refund_due").await), (0, 1));
    assert!(shop.world.given_back.lock().unwrap().contains(&order.id));
}

#[tokio::test]
async fn money_for_what_was_called_off_goes_back() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.set_status(&order, "cancelled").await;
    shop.pay_by(first(&order), order.id, ALL).await.unwrap();
    let read = shop.read(&order).await;
    assert_eq!((read.status, read.payment_status), (OrderStatus::Cancelled, PaymentStatus::Succeeded));
    let due = "platform.outbox where name = 'order.refund_due.v1' and payload->>'cause' = 'late'";
    assert_eq!(shop.count(due).await, 1);
    shop.refunded(&order, first(&order), (ALL, 1)).await;
    let read = shop.read(&order).await;
    assert_eq!((read.status, read.payment_status), (OrderStatus::Cancelled, PaymentStatus::Refunded));
}

#[tokio::test]
async fn money_that_comes_twice_goes_back_once() {
    let shop = Shop::new().await;
    let order = shop.paid().await;
    let second = PaymentId::generate(shop.clock.now());
    shop.pay_by(first(&order), order.id, ALL).await.unwrap();
    assert_eq!(shop.told("refund_due").await, 0, "the same money");
    shop.pay_by(second, order.id, ALL).await.unwrap();
    let due = format!(
        "platform.outbox where name = 'order.refund_due.v1' and payload->>'paymentId' = '{second}'
         and payload->>'cause' = 'twice'"
    );
    assert_eq!(shop.count(&due).await, 1);
    shop.refunded(&order, second, (ALL, 1)).await;
    let read = shop.read(&order).await;
    assert_eq!(
        (read.status, read.payment_status, read.refunded),
        (OrderStatus::Paid, PaymentStatus::Succeeded, Money::grosz(0))
    );
}

#[tokio::test]
async fn parts_of_the_money_go_back_and_then_all_of_it() {
    let shop = Shop::new().await;
    let order = shop.paid().await;
    shop.refunded(&order, first(&order), (3_000, 1)).await;
    let read = shop.read(&order).await;
    assert_eq!((read.status, read.refunded), (OrderStatus::PartiallyRefunded, Money::grosz(3_000)));
    assert_eq!(timeline(&read).last(), Some(&("partially_refunded", Some("30.00 PLN"))));
    shop.refunded(&order, first(&order), (ALL, 3)).await;
    // Older news comes later.
    shop.refunded(&order, first(&order), (6_000, 2)).await;
    let read = shop.read(&order).await;
    assert_eq!(
        (read.status, read.payment_status, read.refunded),
        (OrderStatus::Refunded, PaymentStatus::Refunded, Money::grosz(ALL))
    );
    assert_eq!(timeline(&read).len(), 4);
}

#[tokio::test]
async fn a_refund_that_did_not_arrive_is_in_the_timeline() {
    let shop = Shop::new().await;
    let order = shop.paid().await;
    let event = RefundFailed {
        refund_id: RefundId::generate(shop.clock.now()),
        payment_id: first(&order),
        order_id: order.id,
        amount: Money::grosz(3_000),
        reason: "expired_or_canceled_card".to_owned(),
    };
    let elsewhere = RefundFailed { order_id: shop.id(), ..event.clone() };
    shop.tell(NoteFailedRefund, event).await.unwrap();
    shop.tell(NoteFailedRefund, elsewhere).await.unwrap();
    let read = shop.read(&order).await;
    assert_eq!(timeline(&read).last(), Some(&("refund_failed", Some("30.00 PLN"))));
    assert_eq!(
        shop.count("orders.order_events where kind = 'refund_failed'").await,
        1,
        "of an order that is there"
    );
    assert_eq!(read.status, OrderStatus::Paid);
}

#[tokio::test]
async fn a_disputed_order_is_held_until_the_bank_decides() {
    let shop = Shop::new().await;
    for (outcome, ends) in
        [(DisputeOutcome::Won, OrderStatus::Preparing), (DisputeOutcome::Lost, OrderStatus::Refunded)]
    {
        let order = shop.paid().await;
        shop.set_status(&order, "preparing").await;
        for _ in 0..2 {
            shop.disputes(&order, DisputeOutcome::Opened).await;
        }
        assert_eq!(shop.read(&order).await.status, OrderStatus::Disputed);
        shop.disputes(&order, outcome).await;
        assert_eq!(shop.read(&order).await.status, ends);
    }
}

#[tokio::test]
async fn a_dispute_whose_end_is_heard_of_first_holds_nothing() {
    let shop = Shop::new().await;
    let order = shop.paid().await;
    shop.disputes(&order, DisputeOutcome::Won).await;
    shop.disputes(&order, DisputeOutcome::Opened).await;
    assert_eq!(shop.read(&order).await.status, OrderStatus::Paid);
}
