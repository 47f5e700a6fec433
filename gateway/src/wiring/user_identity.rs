//! user → identity: signing in whoever just registered.

use std::sync::Arc;

use async_trait::async_trait;
use identity::api::SessionsApi;
use kernel::{PortError, UserType, id::UserId};
use user::ports::{Sessions, Tokens};

pub(crate) struct SessionsForUser(pub(crate) Arc<dyn SessionsApi>);

#[async_trait]
impl Sessions for SessionsForUser {
    async fn open(&self, user: UserId, user_type: UserType) -> Result<Tokens, PortError> {
        let pair = self.0.open(user, user_type, None).await.map_err(|e| PortError::new("identity", e))?;
        Ok(Tokens {
            access_token: pair.access_token,
            refresh_token: pair.refresh_token,
            expires_in_seconds: pair.expires_in_seconds,
        })
    }
}
