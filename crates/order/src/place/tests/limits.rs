//! Nobody hoards what is for everybody.

use futures_util::future::join_all;
use kernel::UserType;

use crate::{
    OrderError, PlaceOrder,
    tests::{Buyer, Shop},
};

impl Shop {
    async fn orders_again(&self, buyer: Buyer, quantity: u32) -> Result<(), OrderError> {
        let product = *self.world.offers.lock().unwrap().keys().next().unwrap();
        self.fill(buyer, &[(product, quantity)]);
        self.orders.place(self.request(buyer), None).await.map(drop)
    }
}

#[tokio::test]
async fn a_customer_may_have_so_many_orders_that_wait_for_their_money_and_no_more() {
    let shop = Shop::new().await;
    let buyer = shop.buyer_with_cart();
    for _ in 0..5 {
        shop.orders_again(buyer, 20).await.unwrap();
    }
    let refused = shop.orders_again(buyer, 20).await;
    assert!(matches!(refused, Err(OrderError::TooManyUnpaidOrders { limit: 5 })), "{refused:?}");
    assert_eq!(shop.world.held.lock().unwrap().len(), 5, "what was put aside for it is given back");
    let other = shop.buyer();
    shop.orders_again(other, 20).await.unwrap();

    // Paid, expired or called off: there is room again.
    shop.db
        .exec("update orders.orders set status = 'expired' where id = (select id from orders.orders limit 1)")
        .await;
    shop.orders_again(buyer, 20).await.unwrap();
    assert_eq!(shop.count("orders.orders").await, 7);
}

#[tokio::test]
async fn of_one_product_only_so_much_may_wait_for_its_money() {
    let shop = Shop::new().await;
    let buyer = shop.buyer_with_cart();
    shop.orders_again(buyer, 300).await.unwrap();
    let refused = shop.orders_again(buyer, 201).await;
    assert!(
        matches!(refused, Err(OrderError::TooManyUnpaidUnits { limit: 500, unpaid: 300, .. })),
        "{refused:?}"
    );
    shop.orders_again(buyer, 200).await.unwrap();
    let alone = shop.orders_again(shop.buyer(), 501).await;
    assert!(matches!(alone, Err(OrderError::TooManyUnpaidUnits { unpaid: 0, .. })), "{alone:?}");

    let company = shop.buyer();
    let product = *shop.world.offers.lock().unwrap().keys().next().unwrap();
    shop.fill(company, &[(product, 5_000)]);
    let request = PlaceOrder { user_type: UserType::Corporate, ..shop.request(company) };
    shop.orders.place(request, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_orders_at_once_no_more_find_room_than_there_is() {
    let shop = Shop::new().await;
    let product = shop.product(2_000);
    let buyer = shop.buyer();
    shop.fill(buyer, &[(product, 60)]);
    // Each of another state of the cart, as if it had been changed in between.
    let mut requests = Vec::new();
    for revision in 1..=12 {
        let mut cart = shop.world.carts.lock().unwrap()[&buyer.user].clone();
        cart.revision = revision;
        let request = shop.request(buyer);
        let service = shop.orders.clone();
        requests.push(async move {
            let draft = service.draft(&request, &cart).await?;
            service.make_of(&request, draft).await
        });
    }
    let answers = join_all(requests).await;
    let placed = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(placed, 5, "{answers:?}");
    assert_eq!(shop.count("orders.orders").await, 5);
    assert_eq!(shop.world.held.lock().unwrap().len(), 5);
}
