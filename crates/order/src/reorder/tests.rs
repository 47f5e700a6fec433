//! The same again.

use kernel::{UserType, id::UserId};

use super::Refilled;
use crate::{OrderError, tests::Shop};

#[tokio::test]
async fn what_can_be_had_of_an_order_goes_into_the_cart_again() {
    let shop = Shop::new().await;
    let buyer = shop.buyer();
    let (plenty, scarce, gone) = (shop.product(5_000), shop.product(4_000), shop.product(3_000));
    shop.fill(buyer, &[(plenty, 4), (scarce, 12), (gone, 1)]);
    let (order, _) = shop.orders.place(shop.request(buyer), None).await.unwrap();
    shop.world.offers.lock().unwrap().remove(&gone);

    let refilled = shop.orders.reorder(buyer.user, UserType::Individual, order.id).await.unwrap();
    let told: Vec<_> =
        refilled.iter().map(|Refilled { line, in_cart }| (line.product, line.quantity, *in_cart)).collect();
    assert_eq!(told, [(plenty, 4, 4), (scarce, 12, 10), (gone, 1, 0)]);

    let stranger = UserId::generate(order.created_at);
    let not_hers = shop.orders.reorder(stranger, UserType::Individual, order.id).await;
    assert!(matches!(not_hers, Err(OrderError::NotFound)));
}
