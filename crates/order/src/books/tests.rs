//! Whether it is told when orders, their units and what belongs to them do not fit.

use audit::Books as _;
use diesel_async::SimpleAsyncConnection as _;

use super::*;
use crate::tests::Shop;

#[tokio::test]
async fn it_is_told_when_an_order_s_units_are_elsewhere() {
    let shop = Shop::new().await;
    let (fine, lost, sold, free) =
        (shop.placed().await, shop.placed().await, shop.placed().await, shop.placed().await);
    shop.set_status(&sold, "paid").await;
    shop.set_status(&free, "expired").await;
    let stands = |order: &crate::Order, units| shop.world.units.lock().unwrap().insert(order.id, units);
    stands(&fine, Units::Aside);
    stands(&sold, Units::Aside);
    stands(&free, Units::Free);
    assert!(shop.orders.violations().await.unwrap().is_empty(), "what has just happened may be on its way");

    shop.clock.advance(TimeDelta::minutes(3));
    let mut told = shop.orders.violations().await.unwrap();
    told.sort_by_key(|violation| violation.subject.clone());
    let mut expected = vec![
        (format!("order {}", lost.id), "nowhere", "aside"),
        (format!("order {}", sold.id), "aside", "gone"),
    ];
    expected.sort_unstable();
    let told: Vec<_> =
        told.iter().map(|v| (v.subject.clone(), v.stands.as_str(), v.expected.as_str())).collect();
    assert_eq!(told, expected);

    stands(&lost, Units::Aside);
    stands(&sold, Units::Gone);
    assert!(shop.orders.violations().await.unwrap().is_empty());
}

#[tokio::test]
async fn orders_stay_and_what_belongs_to_none_is_told() {
    let shop = Shop::new().await;
    let order = shop.placed().await;
    for sql in [
        "delete from orders.orders".to_owned(),
        "truncate orders.orders".to_owned(),
        format!("update orders.orders set id = gen_random_uuid() where id = '{}'", order.id),
    ] {
        let refused = shop.db.db().conn().await.unwrap().batch_execute(&sql).await.unwrap_err();
        assert!(refused.to_string().contains("never deleted"), "{sql}: {refused}");
    }
    assert!(shop.orders.violations().await.unwrap().is_empty());

    let (lineless, unheard_of) = (shop.id(), shop.id());
    let copies = format!(
        "insert into orders.order_lines (
             order_id, position, product_id, code, name, size, quantity, unit_price, line_total, vat_basis_points)
         select '{lineless}', position, product_id, code, name, size, quantity, unit_price, line_total,
                vat_basis_points from orders.order_lines;
         insert into orders.order_events (id, order_id, kind, at)
         select gen_random_uuid(), id, 'placed', now()
         from unnest(array['{lineless}', '{unheard_of}']::uuid[]) id"
    );
    shop.db.exec(&copies).await;
    let told = shop.orders.violations().await.unwrap();
    let mut told: Vec<_> = told.iter().map(|v| (v.rule.as_str(), v.subject.clone())).collect();
    told.sort();
    let rule = "lines and events are of an order";
    let mut expected = [lineless, unheard_of].map(|id| (rule, format!("order {id}")));
    expected.sort();
    assert_eq!(told, expected);
}
