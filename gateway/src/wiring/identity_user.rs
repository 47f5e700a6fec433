//! identity → user: whose phone it is.

use std::sync::Arc;

use async_trait::async_trait;
use identity::ports::{Account, Accounts};
use kernel::{Phone, PortError, UserType};
use user::api::UsersApi;

pub(crate) struct AccountsForIdentity(pub(crate) Arc<dyn UsersApi>);

#[async_trait]
impl Accounts for AccountsForIdentity {
    async fn find(&self, phone: &Phone, user_type: UserType) -> Result<Option<Account>, PortError> {
        let found = self.0.find_by_phone(phone, user_type).await.map_err(|e| PortError::new("user", e))?;
        Ok(found.map(|(user, profile)| Account { user, profile }))
    }
}
