//! identity → user: whose phone it is.

use std::sync::Arc;

use async_trait::async_trait;
use identity::ports::{Account, Accounts};
use kernel::{Phone, PortError, UserType, id::UserId};
use user::{UserError, api::UsersApi};

pub(crate) struct AccountsForIdentity(pub(crate) Arc<dyn UsersApi>);

#[async_trait]
impl Accounts for AccountsForIdentity {
    async fn sign_in(&self, phone: &Phone, user_type: UserType) -> Result<Option<Account>, PortError> {
        let found = self.0.sign_in(phone, user_type).await.map_err(failed)?;
        Ok(found.map(|(user, profile)| Account { user, profile }))
    }

    async fn phone_of(&self, user: UserId) -> Result<Option<Phone>, PortError> {
        self.0.phone_of(user).await.map_err(failed)
    }

    async fn is_taken(&self, phone: &Phone, user_type: UserType) -> Result<bool, PortError> {
        self.0.is_taken(phone, user_type).await.map_err(failed)
    }

    async fn change_phone(&self, user: UserId, to: &Phone) -> Result<bool, PortError> {
        self.0.change_phone(user, to).await.map_err(failed)
    }
}

fn failed(e: UserError) -> PortError {
    PortError::new("user", e)
}
