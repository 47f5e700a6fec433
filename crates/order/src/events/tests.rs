//! What payment tells, and what becomes of the order.

use bus::{Handler, JobContext, JobError};
use chrono::TimeDelta;
use contracts::payment::{PaymentFailed, PaymentMismatched, PaymentSucceeded};
use db::Transact as _;
use futures_util::future::join_all;
use kernel::{
    Clock as _, Money,
    id::{JobId, OrderId, PaymentId},
};

use super::{MarkPaid, MarkPaymentFailed, PutInReview};
use crate::{Order, OrderStatus, PaymentStatus, Transition, store, tests::Shop};

impl Shop {
    /// Does what the runner does with a job, a second after whatever was before: its work in one transaction.
    pub(crate) async fn tell<H: Handler>(&self, handler: H, event: H::Payload) -> Result<(), JobError> {
        self.clock.advance(TimeDelta::seconds(1));
        let now = self.clock.now();
        let context = JobContext { job: JobId::generate(now), now, attempt: 1 };
        let mut conn = self.db.db().conn().await?;
        conn.transaction(async |tx| handler.run(tx, context, event).await).await
    }

    /// By the order's first attempt.
    async fn pay(&self, order: OrderId, grosz: i64) -> Result<(), JobError> {
        self.pay_by(PaymentId(order.0), order, grosz).await
    }

    pub(crate) async fn pay_by(
        &self,
        payment_id: PaymentId,
        order: OrderId,
        grosz: i64,
    ) -> Result<(), JobError> {
        let event = PaymentSucceeded { payment_id, order_id: order, amount: Money::grosz(grosz) };
        self.tell(MarkPaid, event).await
    }

    async fn fail(&self, order: OrderId) {
        let payment_id = PaymentId(order.0);
        let event = PaymentFailed { payment_id, order_id: order, reason: "card_declined".to_owned() };
        self.tell(MarkPaymentFailed, event).await.unwrap();
    }

    async fn told_paid(&self) -> i64 {
        self.count("platform.outbox where name = 'order.paid.v1'").await
    }
}

pub(crate) fn timeline(order: &Order) -> Vec<(&str, Option<&str>)> {
    order.events.iter().map(|e| (e.kind.as_str(), e.detail.as_deref())).collect()
}

#[tokio::test]
async fn money_makes_the_order_paid_and_tells_of_it() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.pay(order.id, 31_500).await.unwrap();

    let paid = shop.read(&order).await;
    assert_eq!((paid.status, paid.payment_status), (OrderStatus::Paid, PaymentStatus::Succeeded));
    assert_eq!(paid.paid_at, Some(shop.clock.now()));
    assert_eq!(timeline(&paid), [("placed", None), ("paid", None)]);
    let told =
        "payload = jsonb_build_object('orderId', o.id, 'userId', o.user_id, 'cartId', o.cart_id, 'lines',
        jsonb_build_array(jsonb_build_object('productId', l.product_id, 'quantity', 20)))";
    let joined = "platform.outbox b, orders.orders o join orders.order_lines l on l.order_id = o.id";
    assert_eq!(shop.count(&format!("{joined} where b.name = 'order.paid.v1' and {told}")).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_paid_once_however_often_it_is_told() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    for answer in join_all((0..20).map(|_| shop.pay(order.id, 31_500))).await {
        answer.unwrap();
    }
    assert_eq!(shop.told_paid().await, 1);
    assert_eq!(timeline(&shop.read(&order).await).len(), 2);
}

#[tokio::test]
async fn another_amount_than_the_orders_needs_a_person() {
    let shop = Shop::new().await;
    for amount in [1, 31_499, 31_501] {
        let order = shop.placed().await;
        shop.pay(order.id, amount).await.unwrap();
        let read = shop.read(&order).await;
        assert_eq!((read.status, read.paid_at), (OrderStatus::Review, None), "{amount}");
        shop.pay(order.id, 31_500).await.unwrap();
        assert_eq!(shop.read(&order).await.status, OrderStatus::Review, "a person decides");
    }
    assert_eq!(shop.told_paid().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_meets_the_expiry_is_late() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    let mut conn = shop.db.db().conn().await.unwrap();
    let paying = conn
        .transaction(async |tx| {
            // The order is expired but not committed yet when the money's job begins.
            store::put_status(tx, order.id, Transition::Expire, shop.clock.now()).await?;
            let mut paying = Box::pin(shop.pay(order.id, 31_500));
            let waiting = "pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
            loop {
                tokio::select! {
                    biased;
                    done = &mut paying => panic!("the job did not wait: {done:?}"),
                    n = shop.count(waiting) => if n > 0 { break },
                }
            }
            Ok::<_, db::QueryError>(paying)
        })
        .await
        .unwrap();
    paying.await.unwrap();
    assert_eq!(shop.read(&order).await.status, OrderStatus::Expired);
    assert_eq!(shop.count("platform.jobs where name = 'order.take_late_money'").await, 1);
    assert_eq!(shop.told_paid().await, 0);
}

#[tokio::test]
async fn money_for_an_order_nobody_knows_is_not_swallowed() {
    let shop = Shop::new().await;
    assert!(shop.pay(shop.id(), 31_500).await.is_err());
}

#[tokio::test]
async fn after_a_failed_payment_the_order_still_waits() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.fail(order.id).await;
    shop.fail(order.id).await;
    let read = shop.read(&order).await;
    assert_eq!((read.status, read.payment_status), (OrderStatus::PendingPayment, PaymentStatus::Failed));
    assert_eq!(timeline(&read), [("placed", None), ("payment_failed", Some("card_declined"))]);
    assert!(shop.world.released.lock().unwrap().is_empty());
    shop.pay(order.id, 31_500).await.unwrap();
    assert_eq!(shop.read(&order).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn a_late_failure_never_lowers_what_was_paid_or_refunded() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.pay(order.id, 31_500).await.unwrap();
    shop.fail(order.id).await;
    let read = shop.read(&order).await;
    assert_eq!((read.status, read.payment_status), (OrderStatus::Paid, PaymentStatus::Succeeded));
    assert_eq!(timeline(&read), [("placed", None), ("paid", None)]);

    shop.db.exec("update orders.orders set status = 'refunded', payment_status = 'refunded'").await;
    shop.fail(order.id).await;
    shop.pay(order.id, 31_500).await.unwrap();
    let read = shop.read(&order).await;
    assert_eq!((read.status, read.payment_status), (OrderStatus::Refunded, PaymentStatus::Refunded));
}

#[tokio::test]
async fn what_does_not_add_up_is_put_in_review_once() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    let event = PaymentMismatched {
        payment_id: PaymentId::generate(shop.clock.now()),
        order_id: order.id,
        differences: vec!["amount".to_owned(), "livemode".to_owned()],
    };
    for _ in 0..2 {
        shop.tell(PutInReview, event.clone()).await.unwrap();
    }
    let read = shop.read(&order).await;
    assert_eq!(read.status, OrderStatus::Review);
    assert_eq!(timeline(&read), [("placed", None), ("review", Some("amount, livemode"))]);
}
