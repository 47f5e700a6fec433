//! Saved cards. The provider keeps them; here is only whom it knows a customer as.

pub(crate) mod http;
pub(crate) mod jobs;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use db::Db;
use kernel::{Clock, id::UserId};

use crate::{
    PaymentError,
    ports::{CardSetup, CardVault, SavedCard},
};

/// A customer's saved cards.
#[derive(Clone)]
pub struct CardService {
    pub(crate) db: Db,
    clock: Arc<dyn Clock>,
    vault: Arc<dyn CardVault>,
}

impl CardService {
    pub fn new(db: Db, clock: Arc<dyn Clock>, vault: Arc<dyn CardVault>) -> Self {
        Self { db, clock, vault }
    }

    /// Lets the customer's device save a card.
    pub(crate) async fn set_up(&self, user: UserId) -> Result<CardSetup, PaymentError> {
        let customer = if let Some(customer) = self.customer(user).await? {
            customer
        } else {
            let made = self.vault.create_customer(user, &format!("customer:{user}")).await?;
            let mut conn = self.db.conn().await?;
            // Of two at once the second finds the first: the provider made one customer for both.
            store::insert_customer(&mut conn, user, &made, self.clock.now()).await?
        };
        Ok(self.vault.set_up_card(&customer).await?)
    }

    pub(crate) async fn list(&self, user: UserId) -> Result<Vec<SavedCard>, PaymentError> {
        match self.customer(user).await? {
            Some(customer) => Ok(self.vault.list_cards(&customer).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Takes away a card that is hers.
    pub(crate) async fn remove(&self, user: UserId, card: &str) -> Result<(), PaymentError> {
        if !self.list(user).await?.iter().any(|saved| saved.id == card) {
            return Err(PaymentError::CardNotFound);
        }
        match self.vault.detach_card(card).await {
            Err(e) if e.is_missing() => Err(PaymentError::CardNotFound),
            done => Ok(done?),
        }
    }

    /// Nothing of her is left at the provider, nor here.
    pub(crate) async fn forget(&self, user: UserId) -> Result<(), PaymentError> {
        let Some(customer) = self.customer(user).await? else { return Ok(()) };
        self.vault.delete_customer(&customer).await?;
        store::delete_customer(&mut *self.db.conn().await?, user).await?;
        Ok(())
    }

    async fn customer(&self, user: UserId) -> Result<Option<String>, PaymentError> {
        Ok(crate::store::find_customer(&mut *self.db.conn().await?, user).await?)
    }
}
