//! Orders that come to nothing.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use futures_util::future::join_all;

use crate::{
    Order, OrderError, OrderStatus, PaymentStatus,
    ports::Stopped,
    tests::{HOLD, Shop},
};

impl Shop {
    async fn cancels(&self, order: &Order) -> Result<Order, OrderError> {
        self.orders.cancel(order.user, order.id, Some("changed my mind")).await
    }

    fn payment_is(&self, order: &Order, stopped: Stopped) {
        self.world.stopped.lock().unwrap().insert(order.id, stopped);
    }

    async fn stands(&self, order: &Order) -> OrderStatus {
        self.orders.order(order.user, order.id).await.unwrap().status
    }

    async fn told_ended(&self) -> i64 {
        self.count("platform.outbox where name = 'order.ended.v1'").await
    }
}

#[tokio::test]
async fn a_customer_calls_her_order_off_once_however_often_she_asks() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.clock.advance(TimeDelta::minutes(1));
    let cancelled = shop.cancels(&order).await.unwrap();
    assert_eq!(
        (cancelled.status, cancelled.payment_status, cancelled.cancel_reason.as_deref()),
        (OrderStatus::Cancelled, PaymentStatus::Canceled, Some("changed my mind"))
    );
    assert_eq!(cancelled.cancelled_at, Some(order.created_at + TimeDelta::minutes(1)));
    assert_eq!(cancelled.events.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(), ["placed", "cancelled"]);
    assert_eq!(shop.cancels(&order).await.unwrap(), cancelled);
    assert_eq!(shop.world.asked_to_stop.lock().unwrap().as_slice(), [order.id], "the second only looked");
    assert_eq!(shop.told_ended().await, 1);
    let told = "name = 'order.ended.v1' and payload->>'end' = 'cancelled' and not (payload->'paid')::bool";
    assert_eq!(shop.count(&format!("platform.outbox where {told}")).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_at_once_cancel_it_once() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    let answers = join_all((0..50).map(|_| shop.cancels(&order))).await;
    for answer in answers {
        assert_eq!(answer.unwrap().status, OrderStatus::Cancelled);
    }
    assert_eq!(shop.told_ended().await, 1);
    assert_eq!(shop.count("orders.order_events where kind = 'cancelled'").await, 1);
}

#[tokio::test]
async fn nobody_cancels_another_s_order_nor_one_that_went_on() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    let stranger = shop.buyer();
    let refused = shop.orders.cancel(stranger.user, order.id, None).await;
    assert!(matches!(refused, Err(OrderError::NotFound)));
    for status in ["preparing", "shipped", "delivered", "expired", "review"] {
        shop.set_status(&order, status).await;
        let refused = shop.cancels(&order).await;
        assert!(matches!(refused, Err(OrderError::CannotCancel(s)) if s.as_str() == status), "{status}");
    }
    assert!(shop.world.asked_to_stop.lock().unwrap().is_empty());
    assert_eq!(shop.told_ended().await, 0);
}

#[tokio::test]
async fn money_that_is_here_goes_back_with_the_order() {
    let shop = Shop::new().await;
    let (heard_of, not_yet) = (shop.placed().await, shop.placed().await);
    shop.set_status(&heard_of, "paid").await;
    for order in [&heard_of, &not_yet] {
        // Payment knows of it, whether or not order has heard.
        shop.payment_is(order, Stopped::Paid);
        for _ in 0..2 {
            assert_eq!(shop.cancels(order).await.unwrap().status, OrderStatus::Cancelled);
        }
    }
    let paid = "platform.outbox where name = 'order.ended.v1' and (payload->'paid')::bool";
    assert_eq!((shop.count(paid).await, shop.told_ended().await, shop.told("refund_due").await), (2, 2, 2));
    assert_ne!(shop.read(&heard_of).await.payment_status, PaymentStatus::Canceled);
}

#[tokio::test]
async fn money_under_way_keeps_the_order() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.payment_is(&order, Stopped::UnderWay);
    assert!(matches!(shop.cancels(&order).await, Err(OrderError::PaymentUnderWay)));
    shop.world.payment_down.store(true, Ordering::Relaxed);
    assert!(matches!(shop.cancels(&order).await, Err(OrderError::Port(_))));
    assert_eq!((shop.stands(&order).await, shop.told_ended().await), (OrderStatus::PendingPayment, 0));
}

#[tokio::test]
async fn an_order_expires_when_its_money_has_not_come_and_not_before() {
    let shop = Shop::new().await;
    let (order, paid) = (shop.placed().await, shop.placed().await);
    shop.set_status(&paid, "paid").await;
    shop.clock.advance(HOLD - TimeDelta::seconds(1));
    assert_eq!(shop.orders.expire_due().await.unwrap(), 0);
    shop.clock.advance(TimeDelta::seconds(1));
    assert_eq!(shop.orders.expire_due().await.unwrap(), 1);
    assert_eq!(
        (shop.stands(&order).await, shop.stands(&paid).await),
        (OrderStatus::Expired, OrderStatus::Paid)
    );
    assert_eq!(shop.orders.expire_due().await.unwrap(), 0);
    assert_eq!(
        shop.world.asked_to_stop.lock().unwrap().as_slice(),
        [order.id],
        "its payment was stopped first"
    );
    assert_eq!(shop.told_ended().await, 1);
    let stands = shop.orders.order(order.user, order.id).await.unwrap();
    assert_eq!((stands.cancelled_at, stands.events.last().unwrap().kind.as_str()), (None, "expired"));
}

#[tokio::test]
async fn an_order_whose_money_is_under_way_waits_three_times_ten_minutes_longer() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.payment_is(&order, Stopped::UnderWay);
    shop.clock.advance(HOLD);
    for _ in 0..3 {
        assert_eq!(shop.orders.expire_due().await.unwrap(), 0);
        assert_eq!(shop.orders.expire_due().await.unwrap(), 0, "it is not due any more");
        shop.clock.advance(TimeDelta::minutes(10));
    }
    assert_eq!(shop.stands(&order).await, OrderStatus::PendingPayment);
    assert_eq!(shop.orders.expire_due().await.unwrap(), 1);
    assert_eq!(shop.stands(&order).await, OrderStatus::Expired);
    assert_eq!(shop.world.asked_to_stop.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn one_that_cannot_be_ended_keeps_no_other_from_it() {
    let shop = Shop::new().await;
    let (paid, order) = (shop.placed().await, shop.placed().await);
    shop.payment_is(&paid, Stopped::Paid);
    shop.clock.advance(HOLD);
    assert_eq!(shop.orders.expire_due().await.unwrap(), 1);
    assert_eq!(
        (shop.stands(&paid).await, shop.stands(&order).await),
        (OrderStatus::PendingPayment, OrderStatus::Expired)
    );
    shop.world.payment_down.store(true, Ordering::Relaxed);
    assert_eq!(shop.orders.expire_due().await.unwrap(), 0, "payment is away");
    shop.world.payment_down.store(false, Ordering::Relaxed);
    shop.payment_is(&paid, Stopped::Unpaid);
    assert_eq!(shop.orders.expire_due().await.unwrap(), 1);
}
