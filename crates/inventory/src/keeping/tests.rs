//! What people do to the stock, against a real PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::join_all;
use kernel::{
    Actor, Clock as _, Limit, PortError, Role,
    id::{ProductId, StaffId},
};
use uuid::Uuid;

use super::{Kind, MOST, Movement, Stock, service::Change};
use crate::{InventoryError, StockKeeping, ports::Products, stock::tests::House};

/// Everything exists but this.
struct AllBut(ProductId);

#[async_trait]
impl Products for AllBut {
    async fn exists(&self, product: ProductId) -> Result<bool, PortError> {
        Ok(product != self.0)
    }
}

struct Keeper {
    house: House,
    keeping: StockKeeping,
    unknown: ProductId,
}

impl Keeper {
    async fn of(units: &[i32]) -> (Self, Vec<ProductId>) {
        let (house, products) = House::with(units).await;
        let clock = Arc::new(testkit::clock());
        let unknown = ProductId::generate(clock.now());
        let keeping = StockKeeping::new(house.stock.clone(), clock, Arc::new(AllBut(unknown)));
        (Self { house, keeping, unknown }, products)
    }

    async fn change(
        &self,
        request: u128,
        product: ProductId,
        kind: Kind,
        quantity: i64,
    ) -> Result<(Movement, Stock), InventoryError> {
        let actor = Actor { staff: StaffId(Uuid::from_u128(7)), role: Role::Fulfilment };
        let delta = kind.delta(quantity).unwrap();
        let reason = "delivery note 12".to_owned();
        let change = Change { request: Uuid::from_u128(request), product, kind, delta, reason };
        self.keeping.change(actor, &change).await
    }

    async fn told_low(&self) -> i64 {
        self.house
            .db
            .number("select count(*) from platform.outbox where name = 'inventory.stock_low.v1'")
            .await
    }
}

#[test]
fn a_quantity_makes_sense_or_is_none() {
    let most = i64::from(MOST);
    for (kind, quantity, delta) in [
        (Kind::Receive, 5, Some(5)),
        (Kind::Receive, most, Some(1_000_000)),
        (Kind::Receive, most + 1, None),
        (Kind::Receive, 0, None),
        (Kind::Receive, -5, None),
        (Kind::Adjust, -5, Some(-5)),
        (Kind::Adjust, 5, Some(5)),
        (Kind::Adjust, 0, None),
        (Kind::Adjust, -most - 1, None),
        (Kind::Writeoff, 5, Some(-5)),
        (Kind::Writeoff, -5, None),
        (Kind::Writeoff, i64::MAX, None),
        (Kind::Adjust, i64::MIN, None),
    ] {
        assert_eq!(kind.delta(quantity), delta, "{kind:?} {quantity}");
    }
}

#[tokio::test]
async fn goods_come_in_are_counted_and_written_off_in_one_chain() {
    let (keeper, products) = Keeper::of(&[10]).await;
    let product = products[0];
    let (_, stock) = keeper.change(1, product, Kind::Receive, 5).await.unwrap();
    assert_eq!((stock.on_hand, stock.reserved, stock.version), (15, 0, 2));
    keeper.change(2, product, Kind::Adjust, -2).await.unwrap();
    let (movement, stock) = keeper.change(3, product, Kind::Writeoff, 3).await.unwrap();
    assert_eq!((stock.on_hand, movement.on_hand, movement.on_hand_after), (10, -3, 10));
    assert_eq!(movement.reason.as_deref(), Some("delivery note 12"));
    assert_eq!(movement.actor, Uuid::from_u128(7).to_string());

    let order = keeper.house.order();
    keeper.house.reserve(order, [(product, 4)]).await.unwrap();
    let (stock, history) = keeper.keeping.history(product, None, Limit::default()).await.unwrap();
    assert_eq!((stock.on_hand, stock.reserved), (10, 4));
    let kinds: Vec<&str> = history.iter().map(|movement| movement.kind.as_str()).collect();
    assert_eq!(kinds, ["reserve", "writeoff", "adjust", "receive", "receive"]);
    assert_eq!((history[0].order, history[0].reserved_after), (Some(order), 4));
    let (_, first) = keeper.keeping.history(product, Some(2), Limit::new(1).unwrap()).await.unwrap();
    assert_eq!(first.iter().map(|movement| movement.version).collect::<Vec<_>>(), [1]);

    let entries = "select action, after->>'delta' from audit.entries order by action";
    let entries = keeper.house.db.lines(entries).await;
    assert_eq!(entries, ["(stock.adjust,-2)", "(stock.receive,5)", "(stock.writeoff,-3)"]);
    keeper.house.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_done_once_however_often_it_is_asked() {
    let (keeper, products) = Keeper::of(&[10]).await;
    let answers = join_all((0..10).map(|_| keeper.change(1, products[0], Kind::Receive, 5))).await;
    for answer in answers {
        let (movement, stock) = answer.unwrap();
        assert_eq!((movement.version, stock.on_hand), (2, 15));
    }
    assert_eq!(keeper.house.db.number("select count(*) from audit.entries").await, 1);
    keeper.house.assert_whole().await;
}

#[tokio::test]
async fn what_is_put_aside_cannot_be_taken_out_of_the_house() {
    let (keeper, products) = Keeper::of(&[10]).await;
    keeper.house.reserve(keeper.house.order(), [(products[0], 4)]).await.unwrap();
    let refused = keeper.change(1, products[0], Kind::Writeoff, 7).await;
    assert!(
        matches!(refused, Err(InventoryError::BelowReserved { on_hand: 10, reserved: 4 })),
        "{refused:?}"
    );
    keeper.change(1, products[0], Kind::Writeoff, 6).await.unwrap();
    assert_eq!(keeper.house.units(products[0]).await, (4, 4));
    keeper.house.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restock_under_load_loses_nothing_and_sells_at_once() {
    let (keeper, products) = Keeper::of(&[5]).await;
    let product = products[0];
    let buyers = join_all((0..40).map(|_| keeper.house.reserve(keeper.house.order(), [(product, 1)])));
    let goods = join_all((0..5).map(|n| keeper.change(n, product, Kind::Receive, 2)));
    let (served, received) = tokio::join!(buyers, goods);
    assert!(received.iter().all(Result::is_ok));
    let served = served.iter().filter(|answer| answer.is_ok()).count();
    for _ in served..15 {
        keeper.house.reserve(keeper.house.order(), [(product, 1)]).await.unwrap();
    }
    assert!(keeper.house.reserve(keeper.house.order(), [(product, 1)]).await.is_err());
    assert_eq!(keeper.house.units(product).await, (15, 15));
    keeper.house.assert_whole().await;
}

#[tokio::test]
async fn a_product_that_nobody_knows_has_no_stock_and_a_new_one_none_yet() {
    let (keeper, _) = Keeper::of(&[]).await;
    let refused = keeper.change(1, keeper.unknown, Kind::Receive, 1).await;
    assert!(matches!(refused, Err(InventoryError::ProductNotFound)));
    let refused = keeper.keeping.history(keeper.unknown, None, Limit::default()).await;
    assert!(matches!(refused, Err(InventoryError::ProductNotFound)));
    let new = ProductId(Uuid::from_u128(1));
    let (stock, history) = keeper.keeping.history(new, None, Limit::default()).await.unwrap();
    assert_eq!((stock.on_hand, stock.version, history.len()), (0, 0, 0));
    assert_eq!(stock.low_at, 10);
    let actor = Actor { staff: StaffId(Uuid::from_u128(7)), role: Role::Manager };
    let refused = keeper.keeping.put_low_at(actor, keeper.unknown, 2).await;
    assert!(matches!(refused, Err(InventoryError::ProductNotFound)));
    assert_eq!(keeper.keeping.put_low_at(actor, new, 2).await.unwrap().low_at, 2);
    let (movement, stock) = keeper.change(1, new, Kind::Receive, 3).await.unwrap();
    assert_eq!((movement.version, stock.on_hand, stock.low_at), (1, 3, 2));
    keeper.house.assert_whole().await;
}

#[tokio::test]
async fn it_is_told_once_when_a_product_runs_low() {
    let (keeper, products) = Keeper::of(&[12]).await;
    let product = products[0];
    keeper.house.reserve(keeper.house.order(), [(product, 2)]).await.unwrap();
    assert_eq!(keeper.told_low().await, 0, "ten are not fewer than ten");
    keeper.house.reserve(keeper.house.order(), [(product, 1)]).await.unwrap();
    keeper.house.reserve(keeper.house.order(), [(product, 1)]).await.unwrap();
    assert_eq!(keeper.told_low().await, 1);
    let actor = Actor { staff: StaffId(Uuid::from_u128(7)), role: Role::Manager };
    let stock = keeper.keeping.put_low_at(actor, product, 3).await.unwrap();
    assert_eq!((stock.low_at, stock.on_hand), (3, 12));
    keeper.house.reserve(keeper.house.order(), [(product, 5)]).await.unwrap();
    assert_eq!(keeper.told_low().await, 1);
    keeper.change(1, product, Kind::Writeoff, 1).await.unwrap();
    assert_eq!(keeper.told_low().await, 2);
}
