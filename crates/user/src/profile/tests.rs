//! Profiles against a real PostgreSQL.

use std::sync::{Arc, Mutex};

use diesel::connection::InstrumentationEvent;
use diesel_async::AsyncConnection as _;
use kernel::{Clock as _, Language, UserType, id::UserId};
use serde_json::json;

use super::{Changes, store};
use crate::{
    UserError,
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

/// A form that is prepared anew each time would cost two.
#[tokio::test]
async fn signing_in_is_one_round_trip_once_the_statement_is_known() {
    let shop = Shop::open().await;
    shop.users.register(corporate_form(PHONE), None).await.unwrap();
    let (db, asked) = (shop.db.db(), Arc::new(Mutex::new(Vec::new())));
    let mut conn = db.conn().await.unwrap();
    let heard = asked.clone();
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        let told = match event {
            InstrumentationEvent::StartQuery { query, .. } => query.to_string(),
            InstrumentationEvent::CacheQuery { .. } => "prepared".to_owned(),
            _ => return,
        };
        heard.lock().unwrap().push(told);
    });
    let mut sign_in = async || {
        asked.lock().unwrap().clear();
        let found = store::sign_in(&mut conn, &phone(PHONE), UserType::Corporate).await.unwrap();
        assert_eq!(found.unwrap().company.unwrap().nip, NIP);
        asked.lock().unwrap().clone()
    };
    let first = sign_in().await;
    assert!(first.iter().any(|told| told == "prepared"), "{first:?}");
    let second = sign_in().await;
    assert!(matches!(second.as_slice(), [query] if query.starts_with("UPDATE")), "{second:?}");
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
