//! Lists of orders.

use chrono::TimeDelta;
use kernel::Limit;

use super::Wanted;
use crate::{OrderError, OrderStatus, tests::Shop};

#[tokio::test]
async fn a_customer_sees_her_own_newest_first_page_by_page() {
    let shop = Shop::new().await;
    let buyer = shop.buyer();
    let mut placed = Vec::new();
    for units in [20, 30, 40] {
        shop.clock.advance(TimeDelta::seconds(1));
        shop.fill(buyer, &[(shop.product(1_575), units), (shop.product(100), 1)]);
        placed.push(shop.orders.place(shop.request(buyer), None).await.unwrap().0);
    }
    shop.placed().await;

    let mut wanted = Wanted { user: Some(buyer.user), ..Wanted::default() };
    let limit = Limit::new(2).unwrap();
    let page = shop.orders.list(&wanted, limit).await.unwrap();
    let ids: Vec<_> = page.iter().map(|order| order.id).collect();
    assert_eq!(ids, [placed[2].id, placed[1].id, placed[0].id], "one more than asked for");
    assert_eq!((page[0].lines, page[0].images.len()), (2, 2));
    assert_eq!(page[0].gross, placed[2].totals.gross);
    wanted.before = Some(placed[1].id);
    let page = shop.orders.list(&wanted, limit).await.unwrap();
    assert_eq!(page.iter().map(|order| order.id).collect::<Vec<_>>(), [placed[0].id]);

    wanted.before = None;
    shop.set_status(&placed[1], "paid").await;
    wanted.status = Some(OrderStatus::Paid);
    let page = shop.orders.list(&wanted, limit).await.unwrap();
    assert_eq!(page.iter().map(|order| order.id).collect::<Vec<_>>(), [placed[1].id]);
}

#[tokio::test]
async fn an_order_is_found_by_its_number_and_by_its_parcel_s() {
    let shop = Shop::new().await;
    let (order, other) = (shop.placed().await, shop.placed().await);
    shop.db
        .exec(&format!("update orders.orders set tracking_number = 'PL123' where id = '{}'", order.id))
        .await;
    for number in [order.number.as_str(), "PL123"] {
        let wanted = Wanted { number: Some(number.to_owned()), ..Wanted::default() };
        let found = shop.orders.list(&wanted, Limit::default()).await.unwrap();
        assert_eq!(found.iter().map(|order| order.id).collect::<Vec<_>>(), [order.id]);
    }
    assert_eq!(shop.orders.by_tracking_number(order.user, "PL123").await.unwrap().id, order.id);
    for (user, number) in [(other.user, "PL123"), (order.user, "PL124"), (order.user, "PL\0")] {
        let refused = shop.orders.by_tracking_number(user, number).await;
        assert!(matches!(refused, Err(OrderError::NotFound)), "{number:?}");
    }
}
