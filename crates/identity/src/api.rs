//! What identity offers other domains: signing in somebody just registered, and judging bearer tokens.

use std::fmt;

use async_trait::async_trait;
use kernel::{
    Phone, UserType,
    id::{SessionId, UserId},
};
use uuid::Uuid;

use crate::IdentityError;

/// What a signed-in device holds.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// A JWT that serves as bearer.
    pub access_token: String,
    /// Opaque; serves once, at `POST /api/auth/refresh`.
    pub refresh_token: String,
    /// The access token's life, seconds.
    pub expires_in_seconds: u32,
}

/// Shows no token.
impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPair")
            .field("expires_in_seconds", &self.expires_in_seconds)
            .finish_non_exhaustive()
    }
}

#[async_trait]
pub trait SessionsApi: Send + Sync {
    /// Opens a session for a user whose phone was proved; who that is, is the caller's to know.
    async fn open(&self, user: UserId, user_type: UserType) -> Result<TokenPair, IdentityError>;
}

/// Whom a good token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bearer {
    Customer {
        user: UserId,
        session: SessionId,
        user_type: UserType,
    },
    /// Proved a phone that has no account of this type yet.
    Registrant {
        /// The token's `jti`.
        token_id: Uuid,
        phone: Phone,
        user_type: UserType,
    },
}

/// Judges tokens by their signature, audience and times alone: no I/O.
pub trait TokensApi: Send + Sync {
    /// `None` for whatever is wrong with it.
    fn verify(&self, token: &str) -> Option<Bearer>;
}
