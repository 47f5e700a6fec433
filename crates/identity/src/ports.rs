//! What identity needs from the rest of the shop. The gateway supplies the adapters.

use async_trait::async_trait;
use kernel::{Phone, PortError, UserType, id::UserId};

/// The accounts behind phone numbers.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The account of this type that the number has, if any. Its owner is signing in: whatever waits for that
    /// (a deletion that is called off) happens now. One round trip to PostgreSQL.
    async fn sign_in(&self, phone: &Phone, user_type: UserType) -> Result<Option<Account>, PortError>;

    /// The user's number; `None` when there is no such user.
    async fn phone_of(&self, user: UserId) -> Result<Option<Phone>, PortError>;

    /// Whether the number has an account of this type.
    async fn is_taken(&self, phone: &Phone, user_type: UserType) -> Result<bool, PortError>;

    /// Gives the user another number; false when somebody else of the same type has it.
    async fn change_phone(&self, user: UserId, to: &Phone) -> Result<bool, PortError>;
}

#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    pub user: UserId,
    /// The user as `GET /api/users/me` shows it; passed through to the client.
    pub profile: serde_json::Value,
}

/// What somebody did before signing in.
#[async_trait]
pub trait GuestData: Send + Sync {
    /// Makes it the user's, once for each guest; asked again for the same user it tells the same. `None` for a token
    /// that is unknown, over, or taken along by somebody else.
    async fn migrate(
        &self,
        token: &str,
        user: UserId,
        user_type: UserType,
    ) -> Result<Option<MovedGuestData>, PortError>;
}

/// How much came along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedGuestData {
    pub cart_items: i32,
    pub favorites: i32,
}
