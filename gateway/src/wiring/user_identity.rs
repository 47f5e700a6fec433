//! user → identity: signing in and out, codes, and what is held about a user's devices.

use std::sync::Arc;

use async_trait::async_trait;
use identity::{
    IdentityError,
    api::{CodeRequest, CodesApi, Purpose, SessionsApi},
};
use kernel::{PortError, UserType, id::UserId};
use serde_json::Value;
use user::ports::{CodeError, Codes, PersonalData, Proof, Recipient, Sent, Sessions, Tokens};

pub(crate) struct SessionsForUser(pub(crate) Arc<dyn SessionsApi>);

#[async_trait]
impl Sessions for SessionsForUser {
    async fn open(
        &self,
        user: UserId,
        user_type: UserType,
        device: Option<&str>,
    ) -> Result<Tokens, PortError> {
        let pair = self.0.open(user, user_type, device).await.map_err(failed)?;
        Ok(Tokens {
            access_token: pair.access_token,
            refresh_token: pair.refresh_token,
            expires_in_seconds: pair.expires_in_seconds,
        })
    }

    async fn end_all(&self, user: UserId) -> Result<(), PortError> {
        self.0.end_all(user).await.map_err(failed)
    }
}

#[async_trait]
impl PersonalData for SessionsForUser {
    fn section(&self) -> &'static str {
        "sessions"
    }

    async fn export(&self, user: UserId) -> Result<Value, PortError> {
        self.0.export(user).await.map_err(failed)
    }
}

/// Codes that confirm that somebody wants to leave.
pub(crate) struct CodesForUser(pub(crate) Arc<dyn CodesApi>);

#[async_trait]
impl Codes for CodesForUser {
    async fn send(&self, to: Recipient) -> Result<Sent, CodeError> {
        let request = CodeRequest {
            user: to.user,
            user_type: to.user_type,
            phone: &to.phone,
            purpose: Purpose::DeleteAccount,
            language: to.language,
            network: &to.network,
        };
        let sent = self.0.send(&request).await.map_err(refused)?;
        Ok(Sent {
            challenge: sent.challenge,
            expires_in_seconds: sent.expires_in_seconds,
            resend_after_seconds: sent.resend_after_seconds,
        })
    }

    async fn prove(&self, proof: Proof) -> Result<(), CodeError> {
        let asked = (Purpose::DeleteAccount, proof.user);
        self.0.prove(asked, &proof.phone, proof.challenge, &proof.code).await.map_err(refused)
    }
}

fn refused(e: IdentityError) -> CodeError {
    match e {
        IdentityError::WrongCode => CodeError::Wrong,
        IdentityError::ExpiredCode => CodeError::Expired,
        IdentityError::Locked { wait } => CodeError::Locked { wait },
        IdentityError::SendLimit { wait } => CodeError::TooMany { wait },
        other => CodeError::Port(failed(other)),
    }
}

fn failed(e: IdentityError) -> PortError {
    PortError::new("identity", e)
}
