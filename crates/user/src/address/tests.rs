//! The address book against a real PostgreSQL.

use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::{Clock as _, DomainError as _, id::UserId};
use serde_json::json;

use super::{Book, Defaults};
use crate::{
    UserError,
    api::UsersApi as _,
    testing::{OTHER_PHONE, PHONE, Shop, place},
};

#[tokio::test]
async fn the_first_address_becomes_the_default_of_both_kinds() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    let first = shop.users.add_address(user, place("Dom")).await.unwrap();
    shop.clock.advance(TimeDelta::microseconds(1));
    let second = shop.users.add_address(user, place("Praca")).await.unwrap();
    assert_eq!(first.default_for, Defaults { delivery: true, billing: true });
    assert_eq!(second.default_for, Defaults { delivery: false, billing: false });
    assert_eq!(shop.users.addresses(user).await.unwrap(), [first, second]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_first_addresses_at_once_one_is_the_default() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    for added in join_all((0..20).map(|_| shop.users.add_address(user, place("Dom")))).await {
        added.unwrap();
    }
    assert_eq!(shop.count("users.addresses").await, 20);
    assert_eq!(shop.count("users.addresses where is_default_delivery").await, 1);
    assert_eq!(shop.count("users.addresses where is_default_billing").await, 1);
}

#[tokio::test]
async fn somebody_elses_address_is_not_found() {
    let shop = Shop::open().await;
    let (mine, yours) = (shop.registered(PHONE).await, shop.registered(OTHER_PHONE).await);
    let address = shop.users.add_address(mine, place("Dom")).await.unwrap();
    assert_eq!(shop.users.address(mine, address.id).await.unwrap(), Some(place("Dom")));
    assert_eq!(shop.users.address(yours, address.id).await.unwrap(), None);
    assert_eq!(shop.users.addresses(yours).await.unwrap(), []);
}

#[tokio::test]
async fn an_address_book_holds_fifty() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    for n in 0..50 {
        shop.users.add_address(user, place(&n.to_string())).await.unwrap();
    }
    let refused = shop.users.add_address(user, place("51")).await.unwrap_err();
    assert!(matches!(refused, UserError::TooManyAddresses { max: 50 }));
    assert_eq!(serde_json::Value::from(refused.params()), json!({ "max": 50 }));
}

#[tokio::test]
async fn nobody_has_no_address_book() {
    let shop = Shop::open().await;
    let nobody = UserId::generate(shop.clock.now());
    assert!(matches!(shop.users.add_address(nobody, place("Dom")).await, Err(UserError::NotFound)));
}

#[test]
fn a_new_address_takes_the_defaults_that_are_free() {
    let taken = |delivery, billing| Book::of(&[Defaults { delivery, billing }]).admit().unwrap();
    assert_eq!(taken(true, false), Defaults { delivery: false, billing: true });
    assert_eq!(taken(false, true), Defaults { delivery: true, billing: false });
    assert_eq!(Book::of(&[]).admit().unwrap(), Defaults { delivery: true, billing: true });
}
