//! What identity offers other domains: sessions, codes that confirm something, and judging bearer tokens.

use std::fmt;

use async_trait::async_trait;
use kernel::{
    Language, Phone, Role, UserType,
    id::{ChallengeId, SessionId, StaffId, UserId},
};

use crate::IdentityError;
pub use crate::otp::Purpose;

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
    /// `device` is what the device calls itself.
    async fn open(
        &self,
        user: UserId,
        user_type: UserType,
        device: Option<&str>,
    ) -> Result<TokenPair, IdentityError>;

    /// Ends every session of the user: no token that was given out before serves any more, on any instance within a
    /// second.
    async fn end_all(&self, user: UserId) -> Result<(), IdentityError>;

    /// What is held about the user: the sessions of the last months.
    async fn export(&self, user: UserId) -> Result<serde_json::Value, IdentityError>;

    /// Forgets the user: sessions, and codes that were asked for.
    async fn forget(&self, user: UserId) -> Result<(), IdentityError>;
}

/// A code that a signed-in user has to bring back, to confirm something.
#[derive(Debug, Clone, Copy)]
pub struct CodeRequest<'a> {
    pub user: UserId,
    pub user_type: UserType,
    pub phone: &'a Phone,
    pub purpose: Purpose,
    pub language: Language,
    /// The network that asks, as `http_kit::Client` tells it.
    pub network: &'a str,
}

/// A code is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentCode {
    pub challenge: ChallengeId,
    pub expires_in_seconds: i64,
    /// When the next one may be asked for.
    pub resend_after_seconds: i64,
}

#[async_trait]
pub trait CodesApi: Send + Sync {
    /// Sends a code, within the limits that hold for all codes.
    async fn send(&self, request: &CodeRequest<'_>) -> Result<SentCode, IdentityError>;

    /// Counts the guess and compares it; a right code is used up.
    async fn prove(
        &self,
        asked: (Purpose, UserId),
        phone: &Phone,
        challenge: ChallengeId,
        code: &str,
    ) -> Result<(), IdentityError>;
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
        /// The id that the account will have.
        user: UserId,
        phone: Phone,
        user_type: UserType,
    },
    Staff {
        staff: StaffId,
        session: SessionId,
        role: Role,
    },
}

/// What a token turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    Good(Bearer),
    /// Whatever is wrong with it: forged, expired, of another kind, its session ended.
    Refused,
    /// Which sessions have ended has not been heard for a while: nobody can tell.
    Unknown,
}

/// Judges tokens by their signature, audience and times, and by what this process knows of ended sessions: no I/O.
pub trait TokensApi: Send + Sync {
    fn judge(&self, token: &str) -> Judgement;
}
