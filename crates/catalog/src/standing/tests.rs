//! How products stand, told by events.

use bus::JobContext;
use contracts::{
    inventory::AvailabilityTurned,
    order::{OrderPaid, OrderedLine},
};
use db::Transact as _;
use kernel::{
    Clock as _,
    id::{CartId, JobId, OrderId, ProductId, UserId},
};

use crate::{
    events::{CountSales, MarkAvailability},
    jobs::AddUpSales,
    product::{Filter, Selection, Sort},
    testing::{INDIVIDUAL, Shop},
};

impl Shop {
    async fn hear<H: bus::Handler>(&self, handler: H, told: H::Payload) {
        let mut conn = self.db.db().conn().await.unwrap();
        let now = self.clock.now();
        let context = JobContext { job: JobId::generate(now), now, attempt: 1 };
        conn.transaction::<_, bus::JobError, _>(async |tx| handler.run(tx, context, told).await)
            .await
            .unwrap();
    }

    async fn listed(&self, sort: Sort, in_stock: bool) -> Vec<ProductId> {
        let filter = Filter { in_stock, ..Filter::default() };
        let selection = Selection { filter, sort: Some(sort), ..Selection::default() };
        let listing = self.catalog.listing(&selection, INDIVIDUAL).await.unwrap();
        listing.products.iter().map(|stocked| stocked.product.id).collect()
    }
}

#[tokio::test]
async fn what_is_sold_out_is_left_out_on_demand_and_old_news_change_nothing() {
    let shop = Shop::new().await;
    let product = shop.product(shop.category("et", 1).await, "A1").await;
    let turned = |available, version| AvailabilityTurned { product_id: product, available, version };
    assert_eq!(shop.listed(Sort::Relevance, true).await, [], "nothing was ever told of it");

    for (told, shown) in [
        (turned(true, 3), true),
        (turned(false, 2), true),
        (turned(false, 4), false),
        (turned(true, 4), false),
    ] {
        shop.hear(MarkAvailability, told.clone()).await;
        assert_eq!(shop.listed(Sort::Relevance, true).await.len(), usize::from(shown), "{told:?}");
        assert_eq!(shop.listed(Sort::Relevance, false).await, [product]);
    }
}

#[tokio::test]
async fn what_sells_best_comes_first_once_it_is_added_up() {
    let shop = Shop::new().await;
    let category = shop.category("et", 1).await;
    let first = shop.product(category, "A1").await;
    shop.clock.advance(chrono::TimeDelta::milliseconds(1));
    let second = shop.product(category, "A2").await;
    let now = shop.clock.now();
    let paid = |lines: &[(ProductId, u32)]| OrderPaid {
        order_id: OrderId::generate(now),
        user_id: UserId::generate(now),
        cart_id: CartId::generate(now),
        lines: lines
            .iter()
            .map(|(product_id, quantity)| OrderedLine { product_id: *product_id, quantity: *quantity })
            .collect(),
    };
    let gone = ProductId::generate(now);

    shop.hear(CountSales, paid(&[(first, 2), (second, 1), (gone, 9)])).await;
    shop.hear(CountSales, paid(&[(second, 4), (second, 1)])).await;
    assert_eq!(shop.listed(Sort::Bestselling, false).await, [first, second], "not added up yet");
    shop.hear(AddUpSales, ()).await;
    shop.hear(AddUpSales, ()).await;

    assert_eq!(shop.listed(Sort::Bestselling, false).await, [second, first]);
    assert_eq!(shop.db.number("select sum(units_sold)::bigint from catalog.products").await, 8);
}
