//! Favourites against a real database.

use chrono::TimeDelta;
use kernel::{
    Clock as _, DomainError as _, Limit,
    id::{ProductId, UserId},
};

use super::MAX;
use crate::{
    cart::Owner,
    testing::{INDIVIDUAL, Shop},
};

#[tokio::test]
async fn the_newest_come_first_page_by_page_and_each_once() {
    let shop = Shop::new().await;
    let (_, guest) = shop.guest().await;
    for owner in [Owner::User(shop.somebody()), Owner::Guest(guest)] {
        let mut added = Vec::new();
        for _ in 0..5 {
            let product = shop.product();
            assert!(shop.favorites.add(owner, INDIVIDUAL, product).await.unwrap());
            assert!(!shop.favorites.add(owner, INDIVIDUAL, product).await.unwrap(), "twice is once");
            added.insert(0, product);
            shop.clock.advance(TimeDelta::milliseconds(1));
        }
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = shop.favorites.list(owner, INDIVIDUAL, Limit::new(2).unwrap(), before).await.unwrap();
            seen.extend(page.favorites.iter().map(|favorite| favorite.product));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, added);
        shop.favorites.remove(owner, added[0]).await.unwrap();
        shop.favorites.remove(owner, added[0]).await.unwrap();
        shop.forget(added[1]);
        let page = shop.favorites.list(owner, INDIVIDUAL, Limit::default(), None).await.unwrap();
        let items: Vec<bool> = page.favorites.iter().map(|favorite| favorite.item.is_some()).collect();
        assert_eq!(items, [false, true, true, true], "one went, and one is not sold any more");
    }
}

#[tokio::test]
async fn what_is_not_sold_cannot_be_liked_and_there_is_an_end_to_liking() {
    let shop = Shop::new().await;
    let user = Owner::User(shop.somebody());
    let unknown = ProductId::generate(shop.clock.now());
    let refused = shop.favorites.add(user, INDIVIDUAL, unknown).await.unwrap_err();
    assert_eq!(refused.code(), "PRODUCT_NOT_FOUND");
    let Owner::User(UserId(id)) = user else { unreachable!() };
    let many = format!(
        "insert into shopping.favorites (id, user_id, product_id, added_at)
         select gen_random_uuid(), '{id}', gen_random_uuid(), now() from generate_series(1, {MAX})"
    );
    shop.db.exec(&many).await;
    let full = shop.favorites.add(user, INDIVIDUAL, shop.product()).await.unwrap_err();
    assert_eq!(full.code(), "FAVORITES_FULL");
    assert_eq!(shop.db.number("select count(*) from shopping.favorites").await, MAX);
}
