//! Orders in the hands of the shop's people.

use kernel::{Actor, Clock as _, Role, id::StaffId};

use super::Move;
use crate::{Order, OrderError, OrderStatus, ports::Stopped, tests::Shop};

impl Shop {
    async fn moves(&self, order: &Order, wanted: Move) -> Result<Order, OrderError> {
        let actor = Actor { staff: StaffId::generate(self.clock.now()), role: Role::Fulfilment };
        self.orders.move_on(actor, order.id, &wanted).await
    }
}

fn shipped(number: &str) -> Move {
    Move::Shipped { carrier: "DPD".to_owned(), tracking_number: number.to_owned() }
}

fn cancelled() -> Move {
    Move::Cancelled { reason: "no such street".to_owned() }
}

#[tokio::test]
async fn an_order_is_packed_sent_and_delivered_in_that_order() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    for early in [Move::Preparing, shipped("PL1"), Move::Delivered] {
        let refused = shop.moves(&order, early).await;
        assert!(matches!(refused, Err(OrderError::CannotMove(OrderStatus::PendingPayment))));
    }
    shop.set_status(&order, "paid").await;
    for early in [shipped("PL1"), Move::Delivered] {
        assert!(matches!(shop.moves(&order, early).await, Err(OrderError::CannotMove(OrderStatus::Paid))));
    }
    assert_eq!(shop.moves(&order, Move::Preparing).await.unwrap().status, OrderStatus::Preparing);
    let sent = shop.moves(&order, shipped("PL1")).await.unwrap();
    assert_eq!(
        (sent.status, sent.carrier.as_deref(), sent.tracking_number.as_deref()),
        (OrderStatus::Shipped, Some("DPD"), Some("PL1"))
    );
    let delivered = shop.moves(&order, Move::Delivered).await.unwrap();
    let kinds: Vec<&str> = delivered.events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds.len(), 4);
    for kind in ["placed", "preparing", "shipped", "delivered"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    for late in [Move::Preparing, shipped("PL2"), Move::Delivered, cancelled()] {
        assert!(matches!(
            shop.moves(&order, late).await,
            Err(OrderError::CannotMove(OrderStatus::Delivered))
        ));
    }
    assert_eq!(shop.count("audit.entries where action = 'order.move'").await, 3);
}

#[tokio::test]
async fn no_two_parcels_have_one_number() {
    let shop = Shop::new().await;
    let (one, two) = (shop.placed().await, shop.placed().await);
    for order in [&one, &two] {
        shop.set_status(order, "preparing").await;
    }
    shop.moves(&one, shipped("PL1")).await.unwrap();
    assert!(matches!(shop.moves(&two, shipped("PL1")).await, Err(OrderError::TrackingNumberTaken)));
    let stands = shop.orders.order(two.user, two.id).await.unwrap();
    assert_eq!((stands.status, stands.tracking_number), (OrderStatus::Preparing, None));
}

#[tokio::test]
async fn the_shop_calls_off_what_is_not_paid() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.world.stopped.lock().unwrap().insert(order.id, Stopped::UnderWay);
    assert!(matches!(shop.moves(&order, cancelled()).await, Err(OrderError::PaymentUnderWay)));
    shop.world.stopped.lock().unwrap().clear();
    let ended = shop.moves(&order, cancelled()).await.unwrap();
    assert_eq!(
        (ended.status, ended.cancel_reason.as_deref()),
        (OrderStatus::Cancelled, Some("no such street"))
    );
    assert_eq!(shop.count("platform.outbox where name = 'order.ended.v1'").await, 1);
    assert!(matches!(
        shop.moves(&order, cancelled()).await,
        Err(OrderError::CannotMove(OrderStatus::Cancelled))
    ));
    assert_eq!(shop.count("audit.entries where action = 'order.move'").await, 1);
}

#[tokio::test]
async fn what_is_paid_or_in_review_can_be_called_off_until_it_is_shipped_and_its_money_goes_back() {
    let shop = Shop::new().await;
    for (nth, status) in (1..).zip(["paid", "preparing", "partially_refunded", "review"]) {
        let order = shop.placed().await;
        shop.set_status(&order, status).await;
        assert_eq!(shop.moves(&order, cancelled()).await.unwrap().status, OrderStatus::Cancelled, "{status}");
        assert_eq!(shop.told("refund_due").await, nth, "{status}");
    }
    for status in ["shipped", "delivered", "refunded", "disputed", "expired"] {
        let order = shop.placed().await;
        shop.set_status(&order, status).await;
        assert!(matches!(shop.moves(&order, cancelled()).await, Err(OrderError::CannotMove(_))), "{status}");
    }
}

#[tokio::test]
async fn an_order_that_was_refunded_in_part_goes_on_from_where_its_parcel_is() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    shop.set_status(&order, "partially_refunded").await;
    assert!(
        matches!(shop.moves(&order, Move::Delivered).await, Err(OrderError::CannotMove(_))),
        "not sent yet"
    );
    shop.moves(&order, Move::Preparing).await.unwrap();
    shop.set_status(&order, "partially_refunded").await;
    shop.moves(&order, shipped("PL1")).await.unwrap();
    shop.set_status(&order, "partially_refunded").await;
    for past in [Move::Preparing, shipped("PL2"), cancelled()] {
        assert!(matches!(shop.moves(&order, past).await, Err(OrderError::CannotMove(_))), "it is under way");
    }
    assert_eq!(shop.moves(&order, Move::Delivered).await.unwrap().status, OrderStatus::Delivered);
}
