//! Saved cards: Stripe's customers and `SetupIntent`s.

use async_trait::async_trait;
use kernel::id::UserId;
use payment::ports::{CardSetup, CardVault, ProviderError, SavedCard};
use stripe_client_core::RequestStrategy;

use crate::StripeProvider;
use crate::provider::{PAGE, checked, once};
use crate::wire::{Card, CardList, Named, Setup};

#[async_trait]
impl CardVault for StripeProvider {
    async fn create_customer(&self, user: UserId, key: &str) -> Result<String, ProviderError> {
        let user = user.to_string();
        let made: Named = self.post("/customers", &[("metadata[user_id]", &user)], once(key)?).await?;
        Ok(made.id)
    }

    async fn delete_customer(&self, customer: &str) -> Result<(), ProviderError> {
        let path = format!("/customers/{}", checked("cus_", customer)?);
        match self.delete::<Named>(&path).await {
            Ok(_) => Ok(()),
            Err(e) if e.is_missing() => Ok(()),
            Err(e) => Err(e),
        }
    }

    async fn set_up_card(&self, customer: &str) -> Result<CardSetup, ProviderError> {
        let form = [
            ("allowed_payment_method_types[0]", "card"),
            ("customer", checked("cus_", customer)?),
            ("usage", "off_session"),
        ];
        // Asked for twice, there are two of which the device uses one: nothing to keep a key for.
        let Setup { id, client_secret } = self.post("/setup_intents", &form, RequestStrategy::Once).await?;
        Ok(CardSetup { id, client_secret })
    }

    async fn list_cards(&self, customer: &str) -> Result<Vec<SavedCard>, ProviderError> {
        let query = [("customer", checked("cus_", customer)?), ("limit", PAGE), ("type", "card")];
        let list: CardList = self.get("/payment_methods", &query).await?;
        Ok(list.data.into_iter().filter_map(Card::into_port).collect())
    }

    async fn detach_card(&self, card: &str) -> Result<(), ProviderError> {
        let path = format!("/payment_methods/{}/detach", checked("pm_", card)?);
        self.post::<Named>(&path, &[], RequestStrategy::Once).await.map(drop)
    }
}
