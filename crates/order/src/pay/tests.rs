//! Paying once more.

use chrono::TimeDelta;
use contracts::{
    order::PaymentMethod,
    payment::{PaymentFailed, PaymentProgressed},
};
use kernel::{Clock as _, id::PaymentId};

use crate::{
    Order, OrderError, OrderStatus, PaymentStatus,
    end::service::payment_of,
    events::{MarkPaymentFailed, NoteProgress, tests::timeline},
    ports::{Paid, Payment, Payments as _, Retried},
    tests::{HOLD, Shop},
};

impl Shop {
    async fn retries(&self, order: &Order, method: PaymentMethod) -> Result<Order, OrderError> {
        self.orders.retry_payment(order.user, order.id, method).await.map(|(order, _)| order)
    }

    async fn progresses(&self, order: &Order, payment_id: PaymentId, status: &str) -> PaymentStatus {
        let event = PaymentProgressed { payment_id, order_id: order.id, status: status.to_owned() };
        self.tell(NoteProgress, event).await.unwrap();
        self.read(order).await.payment_status
    }

    async fn attempt_fails(&self, order: &Order, payment_id: PaymentId) {
        let reason = "card_declined".to_owned();
        self.tell(MarkPaymentFailed, PaymentFailed { payment_id, order_id: order.id, reason }).await.unwrap();
    }
}

#[tokio::test]
async fn another_attempt_may_be_made_in_another_way() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    let failed = PaymentId::generate(shop.clock.now());
    shop.attempt_fails(&order, failed).await;
    assert_eq!(shop.read(&order).await.payment_status, PaymentStatus::Failed);

    let again = shop.retries(&order, PaymentMethod::Blik).await.unwrap();
    assert_eq!(
        (again.payment_method, again.payment_status, again.hold_until),
        (PaymentMethod::Blik, PaymentStatus::RequiresPaymentMethod, order.hold_until)
    );
    assert!(again.payment.is_some());
    assert!(timeline(&again).contains(&("payment_attempt", Some("blik"))));
    assert_eq!(shop.world.asked_to_pay.lock().unwrap().last().unwrap().method, PaymentMethod::Blik);
    // What becomes of the attempt before is no news of this one.
    shop.attempt_fails(&order, failed).await;
    assert_eq!(shop.read(&order).await.payment_status, PaymentStatus::RequiresPaymentMethod);
    shop.attempt_fails(&order, again.payment.unwrap()).await;
    assert_eq!(shop.read(&order).await.payment_status, PaymentStatus::Failed);
}

#[tokio::test]
async fn asking_for_the_attempt_that_is_open_begins_nothing() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    let open = shop.world.start(payment_of(&order));
    let payment = open.await.unwrap();
    *shop.world.retried.lock().unwrap() = Some(Retried::Open(payment));
    assert_eq!(shop.retries(&order, PaymentMethod::Card).await.unwrap(), order);
    assert_eq!(timeline(&shop.read(&order).await), [("placed", None)]);
}

#[tokio::test]
async fn the_order_shows_how_far_its_payment_has_come_and_never_less() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    let payment = PaymentId::generate(shop.clock.now());
    for (said, shown) in [
        ("requires_action", PaymentStatus::RequiresAction),
        ("processing", PaymentStatus::Processing),
        ("requires_action", PaymentStatus::Processing),
    ] {
        assert_eq!(shop.progresses(&order, payment, said).await, shown);
    }
    shop.pay_by(payment, order.id, 31_500).await.unwrap();
    assert_eq!(shop.progresses(&order, payment, "processing").await, PaymentStatus::Succeeded);
}

#[tokio::test]
async fn p24_gives_the_order_as_long_as_if_it_had_been_chosen_first() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.clock.advance(TimeDelta::minutes(5));
    for _ in 0..2 {
        let by_p24 = shop.retries(&order, PaymentMethod::P24).await.unwrap();
        assert_eq!(by_p24.hold_until, order.created_at + HOLD * 2);
    }
    let by_card = shop.retries(&order, PaymentMethod::Card).await.unwrap();
    assert_eq!(by_card.hold_until, order.created_at + HOLD * 2);
}

#[tokio::test]
async fn what_waits_for_no_money_is_not_paid_again() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    for status in ["paid", "expired", "cancelled", "review", "shipped", "refunded"] {
        shop.set_status(&order, status).await;
        let refused = shop.retries(&order, PaymentMethod::Card).await;
        assert!(matches!(refused, Err(OrderError::CannotPay(s)) if s.as_str() == status), "{status}");
    }
    shop.set_status(&order, "pending_payment").await;
    let by_transfer = shop.retries(&order, PaymentMethod::BankTransfer).await;
    assert!(matches!(by_transfer, Err(OrderError::PaymentMethodNotAvailable)));
    let stranger = shop.buyer();
    let refused = shop.orders.retry_payment(stranger.user, order.id, PaymentMethod::Card).await;
    assert!(matches!(refused, Err(OrderError::NotFound)));
    for (answer, expected) in [
        (Retried::Paid, "ORDER_CANNOT_BE_PAID"),
        (Retried::UnderWay, "PAYMENT_UNDER_WAY"),
        (Retried::TooOften, "TOO_MANY_PAYMENT_ATTEMPTS"),
    ] {
        *shop.world.retried.lock().unwrap() = Some(answer);
        let refused = shop.retries(&order, PaymentMethod::Card).await.unwrap_err();
        assert_eq!(kernel::DomainError::code(&refused), expected);
    }
    shop.clock.advance(HOLD);
    let late = shop.retries(&order, PaymentMethod::Card).await;
    assert!(matches!(late, Err(OrderError::CannotPay(OrderStatus::Expired))));
    assert_eq!(shop.count("orders.order_events where kind = 'payment_attempt'").await, 0);
}

#[tokio::test]
async fn asking_now_pays_the_order_whose_event_never_came() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    assert_eq!(
        shop.orders.sync_payment(order.user, order.id).await.unwrap().status,
        OrderStatus::PendingPayment
    );
    let payment = PaymentId::generate(shop.clock.now());
    *shop.world.latest.lock().unwrap() = Some(Payment {
        id: payment,
        attempt: 1,
        status: "processing".to_owned(),
        client_secret: None,
        next_action: None,
        expires_at: order.hold_until,
    });
    let synced = shop.orders.sync_payment(order.user, order.id).await.unwrap();
    assert_eq!(synced.payment_status, PaymentStatus::Processing);
    *shop.world.paid.lock().unwrap() = vec![Paid { payment, amount: order.totals.gross }];
    for _ in 0..2 {
        let paid = shop.orders.sync_payment(order.user, order.id).await.unwrap();
        assert_eq!(
            (paid.status, paid.payment_status, paid.payment),
            (OrderStatus::Paid, PaymentStatus::Succeeded, Some(payment))
        );
    }
    shop.pay_by(payment, order.id, 31_500).await.unwrap();
    assert_eq!((shop.told("paid").await, shop.told("refund_due").await), (1, 0));
    let stranger = shop.buyer();
    assert!(matches!(shop.orders.sync_payment(stranger.user, order.id).await, Err(OrderError::NotFound)));
}
