//! Reserving for many by one call.

use std::collections::HashSet;

use chrono::TimeDelta;
use kernel::id::{OrderId, ProductId, ReservationId};

use super::{
    store::{self, NewReservations},
    tests::House,
};

/// What a batch of orders wants, drawn at random: few products, many wanting the same, some orders asking twice.
#[derive(Debug, Clone)]
struct Batch(Vec<(usize, Vec<(usize, u32)>)>);

fn batches() -> impl proptest::strategy::Strategy<Value = Batch> {
    use proptest::prelude::*;
    let lines = proptest::collection::vec((0..4usize, 1..4u32), 1..4);
    proptest::collection::vec((0..12usize, lines), 1..12).prop_map(|wanted| {
        let mut seen = HashSet::new();
        Batch(wanted.into_iter().filter(|(order, _)| seen.insert(*order)).collect())
    })
}

/// Reserves for all of them by one call; the state each is told.
async fn combined(house: &House, products: &[ProductId], orders: &[OrderId], batch: &Batch) -> Vec<String> {
    let mut new = NewReservations::default();
    for (nth, (order, lines)) in (1..).zip(&batch.0) {
        new.ids.push(ReservationId::generate(house.now));
        new.orders.push(orders[*order]);
        for (product, quantity) in lines {
            new.of.push(nth);
            new.products.push(products[*product]);
            new.quantities.push(i32::try_from(*quantity).unwrap());
        }
    }
    let mut conn = house.stock.db.conn().await.unwrap();
    let times = (house.now + TimeDelta::minutes(1), house.now);
    let answer = store::insert_reservations(&mut conn, &new, times).await.unwrap();
    let answers = answer["answers"].as_array().unwrap();
    answers.iter().map(|a| a["state"].as_str().unwrap().to_owned()).collect()
}

/// Together is as one after the other: the same are served, the same is left, and the chain is as long.
#[test]
fn reserving_for_many_at_once_is_reserving_one_after_the_other() {
    use proptest::{prelude::*, test_runner::TestRunner};
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() });
    let (together, products) = runtime.block_on(House::with(&[0; 4]));
    let (apart, others) = runtime.block_on(House::with(&[0; 4]));
    let stand = async |house: &House, products: &[ProductId]| {
        let mut all = Vec::new();
        for product in products {
            let version = format!("select version from inventory.stock where sku_id = '{product}'");
            all.push((house.units(*product).await, house.db.number(&version).await));
        }
        all
    };
    let run = runner.run(&(proptest::collection::vec(batches(), 1..4), [0..15i32, 0..15, 0..15, 0..15]), |(rounds, units)| {
        runtime.block_on(async {
            for (house, products) in [(&together, &products), (&apart, &others)] {
                for (product, n) in products.iter().zip(units) {
                    let received = format!(
                        "select inventory.change_stock(gen_random_uuid(), '{product}', 'receive', {n}, 'test', 'x', now())"
                    );
                    house.db.exec(&received).await;
                }
            }
            let orders: Vec<OrderId> = (0..12).map(|_| together.order()).collect();
            for batch in &rounds {
                let one = combined(&together, &products, &orders, batch).await;
                let mut other = Vec::new();
                for single in &batch.0 {
                    other.extend(combined(&apart, &others, &orders, &Batch(vec![single.clone()])).await);
                }
                prop_assert_eq!(&one, &other);
            }
            prop_assert_eq!(stand(&together, &products).await, stand(&apart, &others).await);
            together.assert_whole().await;
            apart.assert_whole().await;
            Ok(())
        })
    });
    run.unwrap();
}
