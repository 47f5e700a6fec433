//! Profiles against a real PostgreSQL.

use db::{Db, PoolOptions};
use kernel::{Clock as _, Language, UserType, id::UserId};
use serde_json::json;
use testkit::Meter;

use super::Changes;
use crate::{
    UserError, UserService,
    api::UsersApi as _,
    testing::{NIP, OTHER_PHONE, PHONE, Shop, corporate_form, phone},
};

#[tokio::test]
async fn a_phone_finds_its_account_as_the_owner_sees_it() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    shop.registered(OTHER_PHONE).await;
    let (id, shown) = shop.users.sign_in(&phone(PHONE), UserType::Individual).await.unwrap().unwrap();
    assert_eq!(id, user);
    let expected = json!({
        "id": user, "userType": "individual", "phoneNumber": PHONE, "firstName": "Ayşe", "lastName": "Żółć",
        "email": "ayse@example.com", "language": "pl", "photo": null, "company": null,
        "createdAt": "2026-07-22T10:00:00Z",
    });
    assert_eq!(shown, expected);
    assert_eq!(shop.users.sign_in(&phone(PHONE), UserType::Corporate).await.unwrap(), None);
}

#[tokio::test]
async fn a_change_touches_what_it_names_and_nobody_else() {
    let shop = Shop::open().await;
    let (user, other) = (shop.registered(PHONE).await, shop.registered(OTHER_PHONE).await);
    let before = shop.users.profile(user).await.unwrap();
    let untouched = shop.users.change_profile(user, &Changes::default()).await.unwrap();
    assert_eq!(untouched, before);

    let changes = Changes {
        email: Some("new@example.com".parse().unwrap()),
        language: Some(Language::En),
        ..Changes::default()
    };
    let after = shop.users.change_profile(user, &changes).await.unwrap();
    assert_eq!((after.first_name.as_str(), after.email.as_str()), ("Ayşe", "new@example.com"));
    assert_eq!(shop.users.language_of(user).await.unwrap(), Some(Language::En));
    assert_eq!(shop.users.language_of(other).await.unwrap(), Some(Language::Pl));
}

#[tokio::test]
async fn a_user_that_is_not_there_is_not_found() {
    let shop = Shop::open().await;
    let nobody = UserId::generate(shop.clock.now());
    assert!(matches!(shop.users.profile(nobody).await, Err(UserError::NotFound)));
    let changed = shop.users.change_profile(nobody, &Changes::default()).await;
    assert!(matches!(changed, Err(UserError::NotFound)));
    assert_eq!(shop.users.language_of(nobody).await.unwrap(), None);
}

/// Identity takes three more: four in all is what signing in may cost.
#[tokio::test]
async fn signing_in_is_one_round_trip_deletion_called_off_and_company_included() {
    let shop = Shop::open().await;
    let (user, _) = shop.users.register(corporate_form(PHONE), None).await.unwrap();
    let meter = Meter::before(shop.db.url()).await;
    let db = Db::new(meter.url(), &PoolOptions { max_size: 1, ..PoolOptions::default() });
    let users = UserService { db, ..shop.users.clone() };
    let sign_in = async || {
        shop.db.exec(&format!("update users.users set deletion_at = now() where id = '{}'", user.id)).await;
        meter.trips();
        let found = users.sign_in(&phone(PHONE), UserType::Corporate).await.unwrap().unwrap();
        assert_eq!((found.0, &found.1["company"]["nip"]), (user.id, &json!(NIP)));
        meter.trips()
    };
    // The first one on a connection prepares the statement.
    sign_in().await;
    assert_eq!(sign_in().await, 1);
    assert_eq!(shop.count("users.users where deletion_at is not null").await, 0);
}

#[tokio::test]
async fn a_number_moves_to_another_account_only_when_it_is_free() {
    let shop = Shop::open().await;
    let (mine, yours) = (shop.registered(PHONE).await, shop.registered(OTHER_PHONE).await);
    let free = phone("+48501502504");
    assert!(!shop.users.change_phone(mine, &phone(OTHER_PHONE)).await.unwrap());
    assert!(shop.users.is_taken(&phone(OTHER_PHONE), UserType::Individual).await.unwrap());
    assert!(!shop.users.is_taken(&phone(OTHER_PHONE), UserType::Corporate).await.unwrap());
    assert!(shop.users.change_phone(mine, &free).await.unwrap());
    assert_eq!(shop.users.phone_of(mine).await.unwrap(), Some(free));
    assert_eq!(shop.users.phone_of(yours).await.unwrap(), Some(phone(OTHER_PHONE)));
    let nobody = UserId::generate(shop.clock.now());
    assert_eq!(shop.users.phone_of(nobody).await.unwrap(), None);
    assert!(matches!(shop.users.change_phone(nobody, &phone(PHONE)).await, Err(UserError::NotFound)));
}
