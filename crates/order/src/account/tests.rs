//! Orders on account.

use chrono::TimeDelta;
use contracts::order::PaymentMethod;
use kernel::{Actor, Clock as _, Role, UserType, id::StaffId};

use crate::{Order, OrderError, OrderStatus, PaymentStatus, PlaceOrder, order::OrderEvent, tests::Shop};

impl Shop {
    fn on_account(&self, days: Option<u16>) -> PlaceOrder {
        PlaceOrder {
            user_type: UserType::Corporate,
            method: PaymentMethod::BankTransfer,
            term_days: days,
            ..self.request(self.buyer_with_cart())
        }
    }

    /// An order of a company that may pay within 14 days.
    async fn placed_on_account(&self) -> Order {
        *self.world.term_days.lock().unwrap() = vec![7, 14];
        self.orders.place(self.on_account(Some(14)), None).await.unwrap().0
    }

    async fn money_comes(&self, order: &Order) -> Result<Order, OrderError> {
        let actor = Actor { staff: StaffId::generate(self.clock.now()), role: Role::Finance };
        self.orders.receive_transfer(actor, order.id, "FV 12/2026").await
    }

    async fn overdue(&self) -> usize {
        let mut conn = self.orders.db.conn().await.unwrap();
        super::tell_overdue(&mut conn, self.clock.now()).await.unwrap()
    }
}

fn kinds(events: &[OrderEvent]) -> Vec<&str> {
    let mut kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds
}

#[tokio::test]
async fn only_a_company_with_approved_terms_pays_by_transfer_and_only_within_them() {
    let shop = Shop::new().await;
    let refused = shop.orders.place(shop.on_account(Some(14)), None).await;
    assert!(matches!(refused, Err(OrderError::PaymentMethodNotAvailable)));
    *shop.world.term_days.lock().unwrap() = vec![7, 14];
    for (days, given) in [(None, false), (Some(15), true), (Some(0), true)] {
        let refused = shop.orders.place(shop.on_account(days), None).await;
        assert!(matches!(refused, Err(OrderError::PaymentTerm { given: g, .. }) if g == given), "{days:?}");
    }
    let individual = PlaceOrder { user_type: UserType::Individual, ..shop.on_account(Some(14)) };
    let refused = shop.orders.place(individual, None).await;
    assert!(matches!(refused, Err(OrderError::PaymentMethodNotAvailable)));
    shop.assert_untouched().await;

    let order = shop.placed_on_account().await;
    let due = order.created_at + TimeDelta::days(14);
    assert_eq!((order.due_at, order.hold_until), (Some(due), due + TimeDelta::days(7)));
    assert_eq!(order.status, OrderStatus::PendingPayment);
    assert_eq!(shop.orders.order(order.user, order.id).await.unwrap(), order);
}

#[tokio::test]
async fn what_is_ordered_on_account_is_not_hoarded() {
    let shop = Shop::new().await;
    for _ in 0..8 {
        shop.placed_on_account().await;
    }
    assert_eq!(shop.count("orders.orders").await, 8);
}

#[tokio::test]
async fn money_on_the_account_pays_the_order_once() {
    let shop = Shop::new().await;
    let order = shop.placed_on_account().await;
    let paid = shop.money_comes(&order).await.unwrap();
    assert_eq!((paid.status, paid.payment_status), (OrderStatus::Paid, PaymentStatus::Succeeded));
    assert_eq!(paid.events.iter().find(|e| e.kind == "paid").unwrap().detail.as_deref(), Some("FV 12/2026"));
    let again = shop.money_comes(&order).await.unwrap();
    assert_eq!(again, paid);
    assert_eq!(shop.world.received.lock().unwrap().len(), 1);
    assert_eq!(shop.count("audit.entries where action = 'order.transfer_received'").await, 1);
    assert_eq!(shop.count("platform.outbox where name = 'order.paid.v1'").await, 1);

    let by_card = shop.placed().await;
    assert!(matches!(shop.money_comes(&by_card).await, Err(OrderError::NotOnAccount)));
}

#[tokio::test]
async fn it_is_told_once_that_money_is_overdue_and_after_the_grace_the_order_is_called_off() {
    let shop = Shop::new().await;
    let (order, paid) = (shop.placed_on_account().await, shop.placed_on_account().await);
    shop.money_comes(&paid).await.unwrap();
    shop.clock.advance(TimeDelta::days(14) - TimeDelta::seconds(1));
    assert_eq!(shop.overdue().await, 0);
    shop.clock.advance(TimeDelta::seconds(1));
    assert_eq!((shop.overdue().await, shop.overdue().await), (1, 0));
    let told = shop.orders.order(order.user, order.id).await.unwrap();
    assert_eq!((told.status, kinds(&told.events)), (OrderStatus::PendingPayment, vec!["overdue", "placed"]));
    assert_eq!(shop.count("platform.outbox where name = 'order.overdue.v1'").await, 1);

    shop.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    assert_eq!(shop.orders.expire_due().await.unwrap(), 0);
    shop.clock.advance(TimeDelta::seconds(1));
    assert_eq!(shop.orders.expire_due().await.unwrap(), 1);
    let ended = shop.orders.order(order.user, order.id).await.unwrap();
    assert_eq!(
        (ended.status, ended.cancel_reason.as_deref()),
        (OrderStatus::Cancelled, Some("not paid in time"))
    );
    let told = "platform.outbox where name = 'order.ended.v1' and (payload ->> 'onAccount')::bool";
    assert_eq!(shop.count(told).await, 1);
    // Whoever sees its money now hears that it is too late.
    assert!(matches!(shop.money_comes(&order).await, Err(OrderError::CannotMove(OrderStatus::Cancelled))));
}

/// What was approved when it was ordered holds for whoever asks again.
#[tokio::test]
async fn a_retry_finds_its_order_although_the_terms_were_taken_back() {
    let shop = Shop::new().await;
    *shop.world.term_days.lock().unwrap() = vec![14];
    let request = shop.on_account(Some(14));
    let (order, _) = shop.orders.place(request.clone(), None).await.unwrap();
    shop.world.term_days.lock().unwrap().clear();
    assert_eq!(shop.orders.place(request, None).await.unwrap().0, order);
}
