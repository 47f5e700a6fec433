//! The address book against a real PostgreSQL.

use chrono::TimeDelta;
use futures_util::{future::join_all, join};
use kernel::{
    Clock as _, DomainError as _,
    id::{AddressId, UserId},
};
use serde_json::json;

use super::{Address, Book, Defaults};
use crate::{
    UserError,
    api::{PostalAddress, UsersApi as _},
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

    let other = shop.users.add_address(yours, place("Firma")).await.unwrap();
    let asked = [(mine, address.id), (yours, address.id), (yours, other.id), (mine, other.id)];
    // At the same moment, twice: those of the second half wait for the first call, and are told together.
    let told =
        join_all(asked.iter().cycle().take(8).map(|(owner, id)| shop.users.address(*owner, *id))).await;
    for (nth, told) in told.into_iter().enumerate() {
        let expected = [Some(place("Dom")), None, Some(place("Firma")), None];
        assert_eq!(told.unwrap(), expected[nth % 4], "{nth}");
    }
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

/// Exactly one default of each kind, or none where there is no address.
async fn assert_one_default(shop: &Shop) {
    let defaults =
        "select count(*) filter (where is_default_delivery), count(*) filter (where is_default_billing),
        least(count(*), 1) from users.addresses";
    let lines = shop.db.lines(defaults).await;
    assert!(["(1,1,1)", "(0,0,0)"].contains(&lines[0].as_str()), "{lines:?}");
}

#[tokio::test]
async fn an_address_is_changed_and_stays_what_it_was_the_default_of() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    let home = shop.users.add_address(user, place("Dom")).await.unwrap();
    let moved =
        PostalAddress { city: "Kraków".to_owned(), recipient: Some("Ada".to_owned()), ..place("Dom") };
    let changed = shop.users.change_address(user, home.id, &moved).await.unwrap();
    assert_eq!(changed, Address { place: moved, ..home });
    assert_eq!(shop.users.addresses(user).await.unwrap(), [changed]);
}

#[tokio::test]
async fn a_default_moves_by_kind() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    let home = shop.users.add_address(user, place("Dom")).await.unwrap();
    let work = shop.users.add_address(user, place("Praca")).await.unwrap();
    let made = shop.users.make_default(user, work.id, Defaults::BILLING).await.unwrap();
    assert_eq!(made.default_for, Defaults::BILLING);
    let again = shop.users.make_default(user, work.id, Defaults::BILLING).await.unwrap();
    assert_eq!(again, made);
    let home = shop.users.make_default(user, home.id, Defaults::DELIVERY).await.unwrap();
    assert_eq!(home.default_for, Defaults::DELIVERY);
    let work = shop.users.make_default(user, work.id, Defaults::DELIVERY).await.unwrap();
    assert_eq!(work.default_for, Defaults { delivery: true, billing: true });
    assert_one_default(&shop).await;
}

#[tokio::test]
async fn when_a_default_is_deleted_the_oldest_takes_its_place() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    let mut book = Vec::new();
    for title in ["1", "2", "3"] {
        book.push(shop.users.add_address(user, place(title)).await.unwrap().id);
        shop.clock.advance(TimeDelta::seconds(1));
    }
    shop.users.make_default(user, book[2], Defaults::BILLING).await.unwrap();
    shop.users.delete_address(user, book[2]).await.unwrap();
    let left = shop.users.addresses(user).await.unwrap();
    assert_eq!((left.len(), left[0].default_for), (2, Defaults { delivery: true, billing: true }));
    shop.users.delete_address(user, book[0]).await.unwrap();
    let left = shop.users.addresses(user).await.unwrap();
    assert_eq!((left.len(), left[0].default_for), (1, Defaults { delivery: true, billing: true }));
    shop.users.delete_address(user, book[1]).await.unwrap();
    assert_eq!(shop.users.addresses(user).await.unwrap(), []);
    let next = shop.users.add_address(user, place("4")).await.unwrap();
    assert_eq!(next.default_for, Defaults { delivery: true, billing: true });
}

#[tokio::test]
async fn what_is_not_the_default_goes_without_a_trace() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    let home = shop.users.add_address(user, place("Dom")).await.unwrap();
    let work = shop.users.add_address(user, place("Praca")).await.unwrap();
    shop.users.delete_address(user, work.id).await.unwrap();
    assert_eq!(shop.users.addresses(user).await.unwrap(), [home]);
    let again = shop.users.delete_address(user, work.id).await;
    assert!(matches!(again, Err(UserError::AddressNotFound)));
}

#[tokio::test]
async fn nobody_touches_somebody_elses_address() {
    let shop = Shop::open().await;
    let (mine, yours) = (shop.registered(PHONE).await, shop.registered(OTHER_PHONE).await);
    let home = shop.users.add_address(mine, place("Dom")).await.unwrap();
    let your_home = shop.users.add_address(yours, place("Dom")).await.unwrap();
    let absent = AddressId::generate(shop.clock.now());
    for id in [home.id, absent] {
        let changed = shop.users.change_address(yours, id, &place("x")).await;
        assert!(matches!(changed, Err(UserError::AddressNotFound)));
        assert!(matches!(shop.users.delete_address(yours, id).await, Err(UserError::AddressNotFound)));
        let made = shop.users.make_default(yours, id, Defaults::BILLING).await;
        assert!(matches!(made, Err(UserError::AddressNotFound)));
    }
    assert_eq!(shop.users.addresses(mine).await.unwrap(), [home]);
    assert_eq!(
        shop.users.addresses(yours).await.unwrap(),
        [your_home],
        "also not what it was the default of"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_default_of_each_kind_whatever_happens_at_once() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    let mut ids = Vec::new();
    for n in 0..12 {
        shop.clock.advance(TimeDelta::seconds(1));
        ids.push(shop.users.add_address(user, place(&n.to_string())).await.unwrap().id);
    }
    let acts = ids.iter().enumerate().map(async |(n, id)| match n % 3 {
        0 => shop.users.make_default(user, *id, Defaults::DELIVERY).await.map(|_| ()),
        1 => shop.users.make_default(user, *id, Defaults::BILLING).await.map(|_| ()),
        _ => shop.users.delete_address(user, *id).await,
    });
    let added = (0..6).map(async |_| shop.users.add_address(user, place("new")).await.map(|_| ()));
    let (acted, added) = join!(join_all(acts), join_all(added));
    for done in acted.into_iter().chain(added) {
        done.unwrap();
    }
    assert_eq!(shop.count("users.addresses").await, 14);
    assert_one_default(&shop).await;
    let deletions = ids.iter().map(async |id| shop.users.delete_address(user, *id).await.is_ok());
    assert_eq!(join_all(deletions).await.into_iter().filter(|done| *done).count(), 8);
    assert_one_default(&shop).await;
}

#[test]
fn a_new_address_takes_the_defaults_that_are_free() {
    let taken = |delivery, billing| Book::of(&[Defaults { delivery, billing }]).admit().unwrap();
    assert_eq!(taken(true, false), Defaults { delivery: false, billing: true });
    assert_eq!(taken(false, true), Defaults { delivery: true, billing: false });
    assert_eq!(Book::of(&[]).admit().unwrap(), Defaults { delivery: true, billing: true });
}
