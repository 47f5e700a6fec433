//! Saved cards, with a vault of our own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures_util::future::join_all;
use kernel::{Clock as _, id::UserId};
use testkit::TestDb;

use super::CardService;
use crate::{
    PaymentError,
    ports::{CardSetup, CardVault, ProviderError, SavedCard},
};

/// Keeps cards by customer; one customer for each key.
#[derive(Default)]
struct Vault {
    customers: Mutex<HashMap<String, String>>,
    cards: Mutex<HashMap<String, Vec<SavedCard>>>,
}

#[async_trait]
impl CardVault for Vault {
    async fn create_customer(&self, _: UserId, key: &str) -> Result<String, ProviderError> {
        let mut customers = self.customers.lock().unwrap();
        let next = format!("cus_{}", customers.len() + 1);
        Ok(customers.entry(key.to_owned()).or_insert(next).clone())
    }

    async fn delete_customer(&self, customer: &str) -> Result<(), ProviderError> {
        self.cards.lock().unwrap().remove(customer);
        Ok(())
    }

    async fn set_up_card(&self, customer: &str) -> Result<CardSetup, ProviderError> {
        let mut cards = self.cards.lock().unwrap();
        let hers = cards.entry(customer.to_owned()).or_default();
        hers.push(SavedCard {
            id: format!("pm_{customer}_{}", hers.len()),
            brand: "visa".to_owned(),
            last4: "4242".to_owned(),
            expires_month: 12,
            expires_year: 2034,
        });
        Ok(CardSetup { id: "seti_1".to_owned(), client_secret: "seti_1_secret".to_owned() })
    }

    async fn list_cards(&self, customer: &str) -> Result<Vec<SavedCard>, ProviderError> {
        Ok(self.cards.lock().unwrap().get(customer).cloned().unwrap_or_default())
    }

    async fn detach_card(&self, card: &str) -> Result<(), ProviderError> {
        self.cards.lock().unwrap().values_mut().for_each(|hers| hers.retain(|kept| kept.id != card));
        Ok(())
    }
}

async fn service() -> (TestDb, Arc<Vault>, CardService, [UserId; 2]) {
    let (db, clock, vault) = (TestDb::new().await, Arc::new(testkit::clock()), Arc::new(Vault::default()));
    let users = [UserId::generate(clock.now()), UserId::generate(clock.now())];
    let cards = CardService::new(db.db(), clock, vault.clone());
    (db, vault, cards, users)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_is_one_customer_of_the_vault_s() {
    let (db, vault, cards, [ayse, _]) = service().await;
    for setup in join_all((0..5).map(|_| cards.set_up(ayse))).await {
        assert!(!format!("{:?}", setup.unwrap()).contains("secret"));
    }
    assert_eq!(vault.customers.lock().unwrap().len(), 1);
    assert_eq!(db.number("select count(*) from payments.customers").await, 1);
    assert_eq!(cards.list(ayse).await.unwrap().len(), 5);
}

#[tokio::test]
async fn nobody_sees_or_takes_away_another_s_card() {
    let (_db, _, cards, [ayse, jan]) = service().await;
    cards.set_up(ayse).await.unwrap();
    cards.set_up(jan).await.unwrap();
    let hers = cards.list(ayse).await.unwrap();
    assert!(matches!(cards.remove(jan, &hers[0].id).await, Err(PaymentError::CardNotFound)));
    assert_eq!(cards.list(ayse).await.unwrap(), hers);
    cards.remove(ayse, &hers[0].id).await.unwrap();
    assert!(matches!(cards.remove(ayse, &hers[0].id).await, Err(PaymentError::CardNotFound)));
    assert_eq!((cards.list(ayse).await.unwrap().len(), cards.list(jan).await.unwrap().len()), (0, 1));
}

#[tokio::test]
async fn whoever_leaves_is_forgotten_there_too() {
    let (db, vault, cards, [ayse, jan]) = service().await;
    assert_eq!(cards.list(jan).await.unwrap(), []);
    cards.set_up(ayse).await.unwrap();
    for user in [ayse, ayse, jan] {
        cards.forget(user).await.unwrap();
    }
    assert!(vault.cards.lock().unwrap().is_empty());
    assert_eq!(db.number("select count(*) from payments.customers").await, 0);
}
