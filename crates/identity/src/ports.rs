//! What identity needs from the rest of the shop. The gateway supplies the adapters.

use async_trait::async_trait;
use kernel::{Phone, PortError, UserType, id::UserId};

/// The accounts behind phone numbers.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The account of this type that the number has, if any.
    async fn find(&self, phone: &Phone, user_type: UserType) -> Result<Option<Account>, PortError>;
}

#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    pub user: UserId,
    /// The user as `GET /api/users/me` shows it; passed through to the client.
    pub profile: serde_json::Value,
}
