//! What is held about a person, from everybody who holds something.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use kernel::{Clock as _, DomainError as _, ErrorKind, PortError, id::UserId};
use serde_json::{Value, json};

use super::ExportService;
use crate::{
    UserError,
    ports::PersonalData,
    preferences::Choices,
    testing::{Closed, OTHER_PHONE, PHONE, Shop, corporate_form, place},
};

/// Holds the user's id; or cannot answer.
struct Neighbour(&'static str, bool);

#[async_trait]
impl PersonalData for Neighbour {
    fn section(&self) -> &'static str {
        self.0
    }

    async fn export(&self, user: UserId) -> Result<Value, PortError> {
        if self.1 { Ok(json!([user])) } else { Err(PortError::new("neighbour", Closed)) }
    }
}

#[tokio::test]
async fn it_holds_our_own_and_everybody_elses() {
    let shop = Shop::open().await;
    let (user, _) = shop.users.register(corporate_form(PHONE), None).await.unwrap();
    let other = shop.registered(OTHER_PHONE).await;
    shop.users.add_address(other, place("Sekret")).await.unwrap();
    shop.clock.advance(TimeDelta::seconds(1));
    shop.users.add_address(user.id, place("Dom")).await.unwrap();
    let choices = Choices { analytics: Some(true), ..Choices::default() };
    shop.users.choose(user.id, choices).await.unwrap();
    let others: Vec<Arc<dyn PersonalData>> =
        vec![Arc::new(Neighbour("orders", true)), Arc::new(Neighbour("cart", true))];
    let held = ExportService::new(shop.users.clone(), others).export(user.id).await.unwrap();
    assert_eq!(held.profile, user);
    let titles: Vec<&str> = held.addresses.iter().map(|address| address.place.title.as_str()).collect();
    assert_eq!(titles, ["Adres do faktury", "Dom"]);
    let said: Vec<(&str, bool)> = held.consents.iter().map(|c| (c.kind.as_str(), c.granted)).collect();
    assert_eq!(said, [("terms", true), ("privacy", true), ("marketing", false), ("analytics", true)]);
    assert!(held.preferences.consents.analytics);
    assert_eq!(json!(held.others), json!({ "orders": [user.id], "cart": [user.id] }));
}

#[tokio::test]
async fn half_an_export_is_none() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    let others: Vec<Arc<dyn PersonalData>> =
        vec![Arc::new(Neighbour("orders", true)), Arc::new(Neighbour("cart", false))];
    let refused = ExportService::new(shop.users.clone(), others).export(user).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    let nobody = UserId::generate(shop.clock.now());
    assert!(matches!(shop.exports.export(nobody).await, Err(UserError::NotFound)));
}
