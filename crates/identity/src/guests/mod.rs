//! What somebody did before signing in comes along.

pub(crate) mod http;

use std::sync::Arc;

use kernel::{UserType, id::UserId};

use crate::{
    IdentityError,
    ports::{GuestData, MovedGuestData},
};

/// Brings guests' things into accounts. Clones share everything.
#[derive(Clone)]
pub struct GuestMigration(pub Arc<dyn GuestData>);

impl GuestMigration {
    pub(crate) async fn migrate(
        &self,
        token: &str,
        user: UserId,
        user_type: UserType,
    ) -> Result<MovedGuestData, IdentityError> {
        self.0.migrate(token, user, user_type).await?.ok_or(IdentityError::NoSuchGuest)
    }

    /// On the way of a signing-in, which nothing about a guest may stop: the client can ask again.
    pub(crate) async fn migrate_if_possible(&self, token: &str, user: UserId, user_type: UserType) {
        if let Err(e) = self.migrate(token, user, user_type).await {
            tracing::warn!(user.id = %user, error = %e, "what user {user} did as a guest did not come along");
        }
    }
}
