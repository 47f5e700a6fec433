//! Stock under load, against a real PostgreSQL.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use contracts::{Event as _, inventory::AvailabilityTurned};
use diesel_async::SimpleAsyncConnection as _;
use futures_util::future::join_all;
use kernel::{
    Clock as _, PortError,
    id::{OrderId, ProductId, ReservationId},
};
use testkit::TestDb;

use super::{
    service,
    store::{self, NewReservations},
};
use crate::{
    HoldLine, InventoryError, ReservationState, Shortage, StockApi as _, StockService, ports::Orders,
};

pub(crate) struct House {
    pub(crate) db: TestDb,
    pub(crate) stock: StockService,
    pub(crate) now: DateTime<Utc>,
}

impl House {
    /// A warehouse with so many units of so many products.
    pub(crate) async fn with(units: &[i32]) -> (Self, Vec<ProductId>) {
        let (db, now) = (TestDb::new().await, testkit::clock().now());
        let products: Vec<ProductId> = units.iter().map(|_| ProductId::generate(now)).collect();
        for (product, n) in products.iter().zip(units) {
            db.exec(&format!(
                "insert into inventory.stock values ('{product}', {n}, 0, 1, now());
                 insert into inventory.stock_movements values
                     ('{product}', 1, 'receive', {n}, 0, {n}, 0, null, 'test', null, now())"
            ))
            .await;
        }
        (Self { stock: StockService::new(db.db(), testkit::cache()), db, now }, products)
    }

    pub(crate) fn order(&self) -> OrderId {
        OrderId::generate(self.now)
    }

    pub(crate) async fn reserve(
        &self,
        order: OrderId,
        lines: impl AsRef<[(ProductId, u32)]>,
    ) -> Result<(), InventoryError> {
        let lines: Vec<HoldLine> = lines
            .as_ref()
            .iter()
            .map(|(product, quantity)| HoldLine { product: *product, quantity: *quantity })
            .collect();
        self.stock.reserve(order, &lines, self.now).await
    }

    async fn commit(&self, order: OrderId) -> Result<(), InventoryError> {
        let mut conn = self.db.db().conn().await?;
        service::commit(&mut conn, order, self.now).await
    }

    /// `(on_hand, reserved)` of a product.
    pub(crate) async fn units(&self, product: ProductId) -> (i64, i64) {
        let of = |column: &str| format!("select {column} from inventory.stock where sku_id = '{product}'");
        (self.db.number(&of("on_hand")).await, self.db.number(&of("reserved")).await)
    }

    pub(crate) async fn assert_whole(&self) {
        let violations = self.db.lines("select * from inventory.integrity").await;
        assert!(violations.is_empty(), "{violations:?}");
    }
}

/// Knows the orders it was told of.
#[derive(Default)]
struct KnownOrders(Mutex<HashSet<OrderId>>);

#[async_trait]
impl Orders for KnownOrders {
    async fn existing(&self, orders: &[OrderId]) -> Result<HashSet<OrderId>, PortError> {
        let known = self.0.lock().unwrap();
        Ok(orders.iter().filter(|o| known.contains(o)).copied().collect())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_k_units_exactly_k_of_many_buyers_are_served() {
    let (house, products) = House::with(&[50]).await;
    let buyers = (0..200).map(|_| house.reserve(house.order(), [(products[0], 1)]));
    let answers = join_all(buyers).await;
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 50);
    for refused in answers.into_iter().filter_map(Result::err) {
        let InventoryError::Insufficient(short) = refused else { panic!("{refused}") };
        assert_eq!(short, [Shortage { product_id: products[0], requested: 1, available: 0 }]);
    }
    assert_eq!(house.units(products[0]).await, (50, 50));
    house.assert_whole().await;
}

#[tokio::test]
async fn it_is_told_when_the_last_is_gone_and_when_some_are_back() {
    let (house, products) = House::with(&[2, 0]).await;
    let told = async || {
        let sql = "select payload ->> 'available', payload ->> 'version' from platform.outbox
                   where name = 'inventory.availability_turned.v1' order by payload ->> 'version'";
        house.db.lines(sql).await
    };
    assert_eq!(told().await, ["(true,1)"], "of what came with some, and not of what came with none");
    let (first, second) = (house.order(), house.order());
    house.reserve(first, [(products[0], 1)]).await.unwrap();
    assert_eq!(told().await.len(), 1, "one is left");
    house.reserve(second, [(products[0], 1)]).await.unwrap();
    house.commit(first).await.unwrap();
    assert_eq!(told().await, ["(true,1)", "(false,3)"], "a sale of what was put aside changes nothing");
    house.stock.release(second, house.now).await.unwrap();
    assert_eq!(told().await, ["(true,1)", "(false,3)", "(true,5)"]);

    let event = AvailabilityTurned { product_id: products[0], available: true, version: 1 };
    let same = format!(
        "select count(*) from platform.outbox where name = '{}' and aggregate = '{}' and payload = '{}'",
        AvailabilityTurned::NAME,
        event.aggregate(),
        serde_json::to_string(&event).unwrap()
    );
    assert_eq!(house.db.number(&same).await, 1, "as the contract has it");
}

#[tokio::test]
async fn what_lines_and_movements_belong_to_stays_and_what_belongs_to_nothing_is_told() {
    let (house, products) = House::with(&[5]).await;
    house.reserve(house.order(), [(products[0], 1)]).await.unwrap();
    for sql in [
        "delete from inventory.stock".to_owned(),
        "truncate inventory.stock, inventory.reservations".to_owned(),
        "delete from inventory.reservations".to_owned(),
        format!("update inventory.stock set sku_id = gen_random_uuid() where sku_id = '{}'", products[0]),
        "update inventory.reservations set id = gen_random_uuid()".to_owned(),
    ] {
        let refused = house.db.db().conn().await.unwrap().batch_execute(&sql).await.unwrap_err();
        assert!(refused.to_string().contains("never deleted"), "{sql}: {refused}");
    }
    house.assert_whole().await;

    house
        .db
        .exec(
            "insert into inventory.reservation_lines
             select r.id, gen_random_uuid(), 1 from inventory.reservations r;
             insert into inventory.reservation_lines select gen_random_uuid(), s.sku_id, 1 from inventory.stock s;
             insert into inventory.stock_movements (
                 sku_id, version, kind, d_on_hand, d_reserved, on_hand_after, reserved_after, reservation_id, actor, at)
             select s.sku_id, s.version + 1, 'reserve', 0, 0, s.on_hand, s.reserved, gen_random_uuid(), 'test', now()
             from inventory.stock s;
             insert into inventory.stock_movements (
                 sku_id, version, kind, d_on_hand, d_reserved, on_hand_after, reserved_after, actor, at)
             values (gen_random_uuid(), 1, 'receive', 1, 0, 1, 0, 'test', now())",
        )
        .await;
    let told = "select count(*) from inventory.integrity where rule like ";
    assert_eq!(house.db.number(&format!("{told} 'a line is of%'")).await, 2);
    assert_eq!(house.db.number(&format!("{told} 'a movement is of%'")).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enough_for_all_serves_all() {
    let (house, products) = House::with(&[1_000]).await;
    let answers = join_all((0..12).map(|_| house.reserve(house.order(), [(products[0], 1)]))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(house.units(products[0]).await, (1_000, 12));
}

#[tokio::test]
async fn all_lines_or_none() {
    let (house, products) = House::with(&[10, 1]).await;
    let refused = house.reserve(house.order(), [(products[0], 3), (products[1], 2)]).await;
    let Err(InventoryError::Insufficient(short)) = refused else { panic!("{refused:?}") };
    assert_eq!(short, [Shortage { product_id: products[1], requested: 2, available: 1 }]);
    assert_eq!(house.units(products[0]).await, (10, 0));
    house.assert_whole().await;
}

#[tokio::test]
async fn lines_of_one_product_are_summed_and_unknown_products_have_none() {
    let (house, products) = House::with(&[5]).await;
    let twice = house.reserve(house.order(), [(products[0], 3), (products[0], 3)]).await;
    assert!(
        matches!(twice, Err(InventoryError::Insufficient(s)) if s[0].requested == 6 && s[0].available == 5)
    );
    house.reserve(house.order(), [(products[0], 2), (products[0], 3)]).await.unwrap();
    assert_eq!(house.units(products[0]).await, (5, 5));
    let unknown = house.reserve(house.order(), [(ProductId::generate(house.now), 1)]).await;
    assert!(matches!(unknown, Err(InventoryError::Insufficient(s)) if s[0].available == 0));
    assert!(matches!(house.reserve(house.order(), [(products[0], 0)]).await, Err(InventoryError::Quantity)));
    house.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_order_reserves_once_however_often_it_asks() {
    let (house, products) = House::with(&[100]).await;
    let order = house.order();
    let answers = join_all((0..20).map(|_| house.reserve(order, [(products[0], 4)]))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(house.units(products[0]).await, (100, 4));
    house.assert_whole().await;
}

#[tokio::test]
async fn an_order_that_holds_units_cannot_ask_for_others_until_they_are_given_back() {
    let (house, products) = House::with(&[10, 10]).await;
    let order = house.order();
    house.reserve(order, [(products[0], 4)]).await.unwrap();
    for other in [vec![(products[0], 5)], vec![(products[1], 4)], vec![(products[0], 4), (products[1], 1)]] {
        assert!(matches!(house.reserve(order, other).await, Err(InventoryError::HoldsOther)));
    }
    house.stock.release(order, house.now).await.unwrap();
    house.reserve(order, [(products[0], 5), (products[1], 1)]).await.unwrap();
    assert_eq!((house.units(products[0]).await, house.units(products[1]).await), ((10, 5), (10, 1)));
    house.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opposite_orders_of_lines_do_not_block_each_other() {
    let (house, products) = House::with(&[10_000, 10_000]).await;
    let (a, b) = (products[0], products[1]);
    let buyers = (0..200).map(|i| {
        let lines = if i % 2 == 0 { [(a, 1), (b, 1)] } else { [(b, 1), (a, 1)] };
        let house = &house;
        async move {
            let order = house.order();
            house.reserve(order, lines).await?;
            if i % 3 == 0 { house.stock.release(order, house.now).await } else { house.commit(order).await }
        }
    });
    for answer in join_all(buyers).await {
        answer.unwrap();
    }
    let kept = 200 - 67;
    assert_eq!(house.units(a).await, (10_000 - kept, 0));
    assert_eq!(house.units(b).await, (10_000 - kept, 0));
    house.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_comes_back_once_per_order() {
    let (house, products) = House::with(&[4]).await;
    let order = house.order();
    house.reserve(order, [(products[0], 4)]).await.unwrap();
    for released in join_all((0..50).map(|_| house.stock.release(order, house.now))).await {
        released.unwrap();
    }
    assert_eq!(house.units(products[0]).await, (4, 0));
    // The order was called off before this was known to have been paid.
    house.commit(order).await.unwrap();
    assert_eq!(house.units(products[0]).await, (4, 0), "what was given back does not leave the house");
    house.assert_whole().await;
}

#[tokio::test]
async fn what_left_the_house_does_not_come_back() {
    let (house, products) = House::with(&[4]).await;
    let order = house.order();
    house.reserve(order, [(products[0], 3)]).await.unwrap();
    house.commit(order).await.unwrap();
    house.commit(order).await.unwrap();
    house.stock.release(order, house.now).await.unwrap();
    assert_eq!(house.units(products[0]).await, (1, 0));
    house.assert_whole().await;
}

#[tokio::test]
async fn an_order_that_gave_its_units_back_may_take_them_anew() {
    let (house, products) = House::with(&[4]).await;
    let order = house.order();
    house.reserve(order, [(products[0], 3)]).await.unwrap();
    house.stock.release(order, house.now).await.unwrap();
    house.reserve(order, [(products[0], 3)]).await.unwrap();
    house.commit(order).await.unwrap();
    assert_eq!(house.units(products[0]).await, (1, 0));
    house.assert_whole().await;
}

#[tokio::test]
async fn units_of_an_order_that_never_came_are_given_back_within_a_minute() {
    let (house, products) = House::with(&[10]).await;
    let (lost, real) = (house.order(), house.order());
    house.reserve(lost, [(products[0], 3)]).await.unwrap();
    house.reserve(real, [(products[0], 2)]).await.unwrap();
    let known = KnownOrders::default();
    known.0.lock().unwrap().insert(real);
    let orders: Arc<dyn Orders> = Arc::new(known);

    let soon = house.now + TimeDelta::seconds(30);
    assert_eq!(house.stock.give_back_orphans(&orders, soon).await.unwrap(), 0);
    let later = house.now + TimeDelta::seconds(50);
    assert_eq!(house.stock.give_back_orphans(&orders, later).await.unwrap(), 1);
    assert_eq!(house.units(products[0]).await, (10, 2));
    house.assert_whole().await;
}

#[tokio::test]
async fn orders_that_came_are_not_asked_about_again_for_a_while() {
    let (house, products) = House::with(&[10]).await;
    let placed = [house.order(), house.order()];
    for order in placed {
        house.reserve(order, [(products[0], 3)]).await.unwrap();
    }
    let known = KnownOrders::default();
    known.0.lock().unwrap().extend(placed);
    let (real, nobody): (Arc<dyn Orders>, Arc<dyn Orders>) =
        (Arc::new(known), Arc::new(KnownOrders::default()));
    let later = house.now + TimeDelta::seconds(50);
    assert_eq!(house.stock.give_back_orphans(&real, later).await.unwrap(), 0);
    let soon_after = later + TimeDelta::minutes(9);
    assert_eq!(house.stock.give_back_orphans(&nobody, soon_after).await.unwrap(), 0);
    assert_eq!(house.units(products[0]).await, (10, 6));
}

#[tokio::test]
async fn asking_again_holds_the_units_anew() {
    let (mut house, products) = House::with(&[10]).await;
    let (order, first) = (house.order(), house.now);
    house.reserve(order, [(products[0], 3)]).await.unwrap();
    house.now = first + TimeDelta::seconds(40);
    house.reserve(order, [(products[0], 3)]).await.unwrap();
    let nobody: Arc<dyn Orders> = Arc::new(KnownOrders::default());
    for (seconds, given_back) in [(80, 0), (86, 1)] {
        let then = first + TimeDelta::seconds(seconds);
        assert_eq!(house.stock.give_back_orphans(&nobody, then).await.unwrap(), given_back, "{seconds} s");
    }
    house.assert_whole().await;
}

/// While it is asked which orders exist, the one asked about reserves again.
struct AskingAgain(StockService, ProductId, DateTime<Utc>);

#[async_trait]
impl Orders for AskingAgain {
    async fn existing(&self, orders: &[OrderId]) -> Result<HashSet<OrderId>, PortError> {
        for order in orders {
            self.0.reserve(*order, &[HoldLine { product: self.1, quantity: 3 }], self.2).await.unwrap();
        }
        Ok(HashSet::new())
    }
}

#[tokio::test]
async fn units_asked_for_again_while_the_reaper_looks_are_not_given_back() {
    let (house, products) = House::with(&[10]).await;
    let order = house.order();
    house.reserve(order, [(products[0], 3)]).await.unwrap();
    let later = house.now + TimeDelta::seconds(50);
    let orders: Arc<dyn Orders> = Arc::new(AskingAgain(house.stock.clone(), products[0], later));
    assert_eq!(house.stock.give_back_orphans(&orders, later).await.unwrap(), 0);
    assert_eq!(house.units(products[0]).await, (10, 3));
    house.commit(order).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reserving_again_and_settling_do_not_wait_for_each_other_in_a_circle() {
    let (house, products) = House::with(&[10]).await;
    let order = house.order();
    house.reserve(order, [(products[0], 3)]).await.unwrap();
    let pool = house.db.db();
    let mut gate = pool.conn().await.unwrap();
    gate.batch_execute("begin; select from inventory.stock for update").await.unwrap();
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let until_it_waits = async |task: &tokio::task::JoinHandle<_>, n: i64| {
        while !task.is_finished() && house.db.number(waiting).await < n {}
    };

    let (now, again) = (house.now, pool.clone());
    let products = products.clone();
    let reserving = tokio::spawn(async move {
        let id = ReservationId::generate(now);
        let (ids, orders, quantities) = (vec![id], vec![order], vec![3]);
        let new = NewReservations { ids, orders, of: vec![1], products, quantities };
        store::insert_reservations(&mut again.conn().await.unwrap(), &new, (now, now)).await.map(drop)
    });
    until_it_waits(&reserving, 1).await;
    let settling = tokio::spawn(async move {
        let mut conn = pool.conn().await.unwrap();
        store::settle(&mut conn, order, ReservationState::Committed, now).await.map(drop)
    });
    let ahead = i64::from(!reserving.is_finished());
    until_it_waits(&settling, ahead + 1).await;
    gate.batch_execute("commit").await.unwrap();
    reserving.await.unwrap().unwrap();
    settling.await.unwrap().unwrap();
    house.assert_whole().await;
}

#[tokio::test]
async fn the_integrity_view_sees_what_is_wrong() {
    let (house, products) = House::with(&[10]).await;
    house.reserve(house.order(), [(products[0], 3)]).await.unwrap();
    house.db.exec("update inventory.stock set reserved = 2").await;
    assert_eq!(house.db.lines("select * from inventory.integrity").await.len(), 2);
}

/// The model says what the function does, of every state and every end.
#[tokio::test]
async fn the_states_of_a_reservation_are_those_of_the_database() {
    let (house, products) = House::with(&[100]).await;
    let mut conn = house.stock.db.conn().await.unwrap();
    for from in ReservationState::ALL {
        for to in ReservationState::ALL.into_iter().filter(|to| *to != ReservationState::Held) {
            let order = house.order();
            house.reserve(order, [(products[0], 1)]).await.unwrap();
            // By the way that leads there.
            let way: &[ReservationState] = match from {
                ReservationState::Held => &[],
                ReservationState::Committed => &[ReservationState::Committed],
                ReservationState::Released => &[ReservationState::Released],
                ReservationState::Expired => &[ReservationState::Expired],
                ReservationState::Returned => &[ReservationState::Committed, ReservationState::Returned],
            };
            let later = house.now + TimeDelta::hours(1);
            for step in way {
                store::settle(&mut conn, order, *step, later).await.unwrap();
            }
            let state = store::settle(&mut conn, order, to, later).await.unwrap();
            assert_eq!(state.as_deref(), Some(from.settled(to).as_str()), "{from:?} to {to:?}");
        }
    }
    house.assert_whole().await;
}

#[tokio::test]
async fn units_on_account_leave_at_once_and_come_back_when_the_order_is_called_off() {
    let (house, products) = House::with(&[10]).await;
    let mut conn = house.stock.db.conn().await.unwrap();
    let (order, other) = (house.order(), house.order());
    for order in [order, other] {
        house.reserve(order, [(products[0], 3)]).await.unwrap();
    }
    service::commit_on_account(&mut conn, order, house.now).await.unwrap();
    assert_eq!(house.units(products[0]).await, (7, 3));
    service::commit(&mut conn, order, house.now).await.unwrap();
    for _ in 0..3 {
        service::give_back(&mut conn, order, true, house.now).await.unwrap();
        assert_eq!(house.units(products[0]).await, (10, 3), "once");
    }
    // The news of its end came first: then it never leaves.
    service::give_back(&mut conn, other, true, house.now).await.unwrap();
    service::commit_on_account(&mut conn, other, house.now).await.unwrap();
    assert_eq!(house.units(products[0]).await, (10, 0));
    let unknown = service::commit_on_account(&mut conn, house.order(), house.now).await;
    assert!(matches!(unknown, Err(InventoryError::State(_))));
    house.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_after_a_crowd_is_refused_without_a_word_to_postgresql() {
    let (house, products) = House::with(&[3]).await;
    let lines = |quantity| [HoldLine { product: products[0], quantity }];
    let order = house.order();
    house.reserve(order, [(products[0], 3)]).await.unwrap();
    for _ in 0..4 {
        house.reserve(house.order(), [(products[0], 1)]).await.unwrap_err();
        assert!(house.stock.too_little(&lines(1), house.now).await.is_empty(), "one alone is no crowd");
    }
    let refused = join_all((0..20).map(|_| house.reserve(house.order(), [(products[0], 1)]))).await;
    assert!(refused.iter().all(Result::is_err));
    let short = house.stock.too_little(&lines(1), house.now).await;
    assert_eq!(short, [Shortage { product_id: products[0], requested: 1, available: 0 }]);
    // What comes back is for whoever comes a moment later.
    house.stock.release(order, house.now).await.unwrap();
    assert!(house.stock.too_little(&lines(1), house.now + TimeDelta::milliseconds(251)).await.is_empty());
}
