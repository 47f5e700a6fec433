//! What user needs from the rest of the shop. The gateway supplies the adapters.

use std::fmt;

use async_trait::async_trait;
use kernel::{PortError, UserType, id::UserId};

/// Signs people in.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session for somebody who has just registered.
    async fn open(&self, user: UserId, user_type: UserType) -> Result<Tokens, PortError>;
}

/// What a signed-in device holds; passed through to the client.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: String,
    /// The access token's life, seconds.
    pub expires_in_seconds: u32,
}

/// Shows no token.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("expires_in_seconds", &self.expires_in_seconds).finish_non_exhaustive()
    }
}
