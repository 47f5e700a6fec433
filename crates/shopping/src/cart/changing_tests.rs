//! Setting, removing, many at once, and what it costs on the way to PostgreSQL.

use chrono::TimeDelta;
use futures_util::future::{join_all, try_join_all};
use kernel::{
    Clock as _, DomainError as _,
    id::{CartItemId, ProductId, UserId},
};
use serde_json::json;
use testkit::{Meter, TestDb};

use super::{Owner, Quantity};
use crate::{
    CartApi as _, CartError, CartService,
    testing::{INDIVIDUAL, RULES, Shop},
};

fn quantity(n: i64) -> Quantity {
    Quantity::new(n).unwrap()
}

/// A cart of two lines, 5 and 3, and its items.
async fn two_lines(shop: &Shop, user: UserId) -> ([ProductId; 2], [CartItemId; 2]) {
    let products = [shop.product(), shop.product()];
    shop.add(user, products[0], 5).await.unwrap();
    shop.clock.advance(TimeDelta::seconds(1));
    let cart = shop.add(user, products[1], 3).await.unwrap();
    (products, [cart.lines[0].id, cart.lines[1].id])
}

#[tokio::test]
async fn quantities_are_set_and_lines_taken_out() {
    let shop = Shop::new().await;
    let user = shop.somebody();
    let (_, [first, second]) = two_lines(&shop, user).await;
    let owner = Owner::User(user);

    let set =
        shop.carts.set(owner, INDIVIDUAL, &[(first, quantity(2)), (second, quantity(9))]).await.unwrap();
    assert_eq!(set.lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [2, 9]);
    assert_eq!(set, shop.cart(user).await);
    let left = shop.carts.remove(owner, INDIVIDUAL, first).await.unwrap();
    assert_eq!(left.lines.iter().map(|line| line.id).collect::<Vec<_>>(), [second]);
    let again = shop.carts.remove(owner, INDIVIDUAL, first).await.unwrap_err();
    assert_eq!(again.code(), "CART_ITEM_NOT_FOUND");
    assert!(shop.carts.clear(owner, INDIVIDUAL).await.unwrap().lines.is_empty());
    assert_eq!(shop.cart(user).await.lines.len(), 0);
}

/// Written together: each hears of her own cart. One has no cart yet, one's is full, one wants more than there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_add_at_the_same_moment_add_each_to_her_own_cart() {
    let shop = Shop::new().await;
    let [had, wanted] = [shop.product(), shop.product()];
    let mut owners: Vec<Owner> = (0..30).map(|_| Owner::User(shop.somebody())).collect();
    for _ in 0..10 {
        owners.push(Owner::Guest(shop.guest().await.1));
    }
    let add = |owner, product, n| shop.carts.add(owner, INDIVIDUAL, product, quantity(n));
    try_join_all(owners[1..].iter().map(|owner| add(*owner, had, 1))).await.unwrap();
    for _ in 0..99 {
        add(owners[1], shop.product(), 1).await.unwrap();
    }
    add(owners[2], wanted, 900).await.unwrap();

    let amount = |nth: usize| i64::try_from(nth).unwrap() + 100;
    let added = join_all((0..40).map(|nth| add(owners[nth], wanted, amount(nth)))).await;
    for (nth, added) in added.into_iter().enumerate() {
        match (nth, added) {
            (1, refused) => assert_eq!(refused.unwrap_err().code(), "CART_FULL"),
            (2, refused) => assert_eq!(refused.unwrap_err().code(), "INSUFFICIENT_STOCK"),
            (_, added) => {
                let added = added.unwrap();
                let mut units: Vec<_> = added.lines.iter().map(|line| line.quantity).collect();
                units.sort_unstable();
                let mine = u32::try_from(amount(nth)).unwrap();
                assert_eq!(units, if nth == 0 { vec![mine] } else { vec![1, mine] }, "{nth}");
                assert_eq!(shop.carts.cart(owners[nth], INDIVIDUAL).await.unwrap(), added);
            }
        }
    }
    let revisions =
        shop.db.lines("select revision, count(*) from shopping.carts group by 1 order by 1").await;
    assert_eq!(revisions, ["(1,1)", "(2,38)", "(100,1)"]);
}

#[tokio::test]
async fn a_change_of_several_lines_is_made_whole_or_not_at_all() {
    let shop = Shop::new().await;
    let user = shop.somebody();
    let (products, [first, second]) = two_lines(&shop, user).await;
    shop.change(products[1], |offer| (offer.available, offer.min_quantity) = (10, 2));
    let unknown = CartItemId::generate(shop.clock.now());
    for (item, n, code) in
        [(second, 11, "INSUFFICIENT_STOCK"), (second, 1, "MIN_QUANTITY"), (unknown, 1, "CART_ITEM_NOT_FOUND")]
    {
        let wanted = [(first, quantity(1)), (item, quantity(n))];
        let refused = shop.carts.set(Owner::User(user), INDIVIDUAL, &wanted).await.unwrap_err();
        assert_eq!(refused.code(), code);
        if code == "INSUFFICIENT_STOCK" {
            let told = json!({ "requested": 11, "available": 10, "inCart": 3 });
            assert_eq!(refused.params(), told.as_object().unwrap().clone());
        }
    }
    let quantities: Vec<_> = shop.cart(user).await.lines.iter().map(|line| line.quantity).collect();
    assert_eq!(quantities, [5, 3]);
}

#[tokio::test]
async fn what_is_not_sold_any_more_can_only_be_taken_out() {
    let shop = Shop::new().await;
    let user = shop.somebody();
    let (products, [first, _]) = two_lines(&shop, user).await;
    shop.change(products[0], |offer| offer.sellable = false);
    let refused = shop.carts.set(Owner::User(user), INDIVIDUAL, &[(first, quantity(1))]).await.unwrap_err();
    assert!(matches!(refused, CartError::ProductNotFound(_)));
    assert_eq!(shop.carts.remove(Owner::User(user), INDIVIDUAL, first).await.unwrap().lines.len(), 1);
}

#[tokio::test]
async fn nobody_reaches_into_another_cart() {
    let shop = Shop::new().await;
    let (ada, eve) = (shop.somebody(), shop.somebody());
    let (_, [first, _]) = two_lines(&shop, ada).await;
    let (_, guest) = shop.guest().await;
    shop.add(eve, shop.product(), 1).await.unwrap();
    for thief in [Owner::User(eve), Owner::Guest(guest)] {
        let set = shop.carts.set(thief, INDIVIDUAL, &[(first, quantity(1))]).await.unwrap_err();
        let removed = shop.carts.remove(thief, INDIVIDUAL, first).await.unwrap_err();
        assert_eq!((set.code(), removed.code()), ("CART_ITEM_NOT_FOUND", "CART_ITEM_NOT_FOUND"));
    }
    assert_eq!(shop.cart(ada).await.lines.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_adds_over_two_instances_end_and_lose_nothing() {
    let shop = Shop::new().await;
    let (user, product) = (shop.somebody(), shop.product());
    let other = CartService::new(shop.db.db(), shop.clock.clone(), shop.offers.clone(), RULES);
    let adds = (0..200).map(|n| {
        let carts = if n % 2 == 0 { &shop.carts } else { &other };
        carts.add(Owner::User(user), INDIVIDUAL, product, quantity(1))
    });
    try_join_all(adds).await.unwrap();
    assert_eq!(shop.cart(user).await.lines[0].quantity, 200);
    assert_eq!(shop.carts.cart_to_order(user).await.unwrap().unwrap().revision, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adds_removals_and_clearing_at_once_leave_a_cart_that_one_order_of_them_explains() {
    let shop = Shop::new().await;
    let user = shop.somebody();
    let (products, [first, _]) = two_lines(&shop, user).await;
    let owner = Owner::User(user);
    let adds = join_all((0..20).map(|_| shop.add(user, products[0], 1)));
    let removals = join_all((0..5).map(|_| shop.carts.remove(owner, INDIVIDUAL, first)));
    let (adds, removals) = tokio::join!(adds, removals);
    assert!(adds.iter().all(Result::is_ok));
    let removed = removals.iter().filter(|removed| removed.is_ok()).count();
    assert_eq!(removed, 1, "the item is another once it was put in again");
    let revision = shop.carts.cart_to_order(user).await.unwrap().unwrap().revision;
    assert_eq!(revision, 2 + 20 + 1);
    assert!(shop.cart(user).await.lines.iter().map(|line| line.quantity).sum::<u32>() <= 3 + 20);
}

#[tokio::test]
async fn reading_and_adding_cost_one_round_trip_each() {
    let db = TestDb::new().await;
    let meter = Meter::before(db.url()).await;
    let asked = db::Db::new(meter.url(), &db::PoolOptions { max_size: 1, ..db::PoolOptions::default() });
    let shop = Shop::over(asked, db);
    let (user, product) = (shop.somebody(), shop.product());
    let (_, guest) = shop.guest().await;
    for owner in [Owner::User(user), Owner::Guest(guest)] {
        for _ in 0..2 {
            shop.carts.add(owner, INDIVIDUAL, product, quantity(1)).await.unwrap();
            shop.carts.cart(owner, INDIVIDUAL).await.unwrap();
        }
        meter.trips();
        shop.carts.cart(owner, INDIVIDUAL).await.unwrap();
        assert_eq!(meter.trips(), 1, "{owner:?} reads");
        shop.carts.add(owner, INDIVIDUAL, product, quantity(1)).await.unwrap();
        assert_eq!(meter.trips(), 1, "{owner:?} adds");
    }
}
