//! Profiles against a real PostgreSQL.

use kernel::{Clock as _, Language, UserType, id::UserId};
use serde_json::json;

use super::Changes;
use crate::{
    UserError,
    api::UsersApi as _,
    testing::{OTHER_PHONE, PHONE, Shop, phone},
};

#[tokio::test]
async fn a_phone_finds_its_account_as_the_owner_sees_it() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    shop.registered(OTHER_PHONE).await;
    let (id, shown) = shop.users.find_by_phone(&phone(PHONE), UserType::Individual).await.unwrap().unwrap();
    assert_eq!(id, user);
    let expected = json!({
        "id": user, "userType": "individual", "phoneNumber": PHONE, "firstName": "Ayşe", "lastName": "Żółć",
        "email": "ayse@example.com", "language": "pl", "photo": null, "company": null,
        "createdAt": "2026-07-22T10:00:00Z",
    });
    assert_eq!(shown, expected);
    assert_eq!(shop.users.find_by_phone(&phone(PHONE), UserType::Corporate).await.unwrap(), None);
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
