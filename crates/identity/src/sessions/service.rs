//! Opening, renewing and ending sessions.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use db::{Db, Transact as _, Tx};
use kernel::{
    Clock, UserType,
    id::{SessionId, UserId},
};

use super::{EndReason, NewSession, Presented, RefreshToken, TokenHash, Verdict, store};
use crate::{
    IdentityError, TokenService,
    api::{SessionsApi, TokenPair},
    tokens::LIFE_SECONDS,
};

#[derive(Clone)]
pub struct SessionService {
    db: Db,
    clock: Arc<dyn Clock>,
    tokens: TokenService,
}

impl SessionService {
    pub fn new(db: Db, clock: Arc<dyn Clock>, tokens: TokenService) -> Self {
        Self { db, clock, tokens }
    }

    /// Trades a refresh token for a new pair. A token that was traded before ends its whole family.
    pub(crate) async fn refresh(&self, token: &str) -> Result<TokenPair, IdentityError> {
        let (hash, now) = (TokenHash::of(token), self.clock.now());
        let mut conn = self.db.conn().await?;
        // Ending the family has to be committed as well, so a refusal leaves the transaction as a value.
        let pair: Option<TokenPair> = conn
            .transaction(async |tx| {
                let Some(presented) = store::lock_presented(tx, hash).await? else { return Ok(None) };
                match presented.judge(now) {
                    Verdict::Replace { expires_at } => {
                        self.replace(tx, &presented, hash, (expires_at, now)).await.map(Some)
                    }
                    Verdict::EndFamily => {
                        let session = presented.session;
                        store::end_session(tx, session, EndReason::Replay, now).await?;
                        tracing::warn!(session.id = %session, "session {session} ended: a replaced token came back");
                        Ok(None)
                    }
                    Verdict::Refuse => Ok::<_, IdentityError>(None),
                }
            })
            .await?;
        pair.ok_or(IdentityError::RefreshRefused)
    }

    async fn replace(
        &self,
        tx: &mut Tx,
        presented: &Presented,
        old: TokenHash,
        (expires_at, now): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<TokenPair, IdentityError> {
        let refresh = RefreshToken::generate()?;
        let pair = self.pair(&refresh, presented.user, presented.session, (presented.user_type, now))?;
        store::put_replaced(tx, old, now).await?;
        store::insert_successor(tx, presented, refresh.hash(), (expires_at, now)).await?;
        Ok(pair)
    }

    /// Ends the session: its refresh token serves no more.
    pub(crate) async fn end(&self, session: SessionId) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        store::end_session(&mut conn, session, EndReason::Logout, now).await?;
        Ok(())
    }

    fn pair(
        &self,
        refresh: &RefreshToken,
        user: UserId,
        session: SessionId,
        (user_type, now): (UserType, DateTime<Utc>),
    ) -> Result<TokenPair, IdentityError> {
        Ok(TokenPair {
            access_token: self.tokens.access(user, session, user_type, now)?,
            refresh_token: refresh.0.clone(),
            expires_in_seconds: LIFE_SECONDS,
        })
    }
}

#[async_trait]
impl SessionsApi for SessionService {
    async fn open(&self, user: UserId, user_type: UserType) -> Result<TokenPair, IdentityError> {
        let now = self.clock.now();
        let (id, refresh) = (SessionId::generate(now), RefreshToken::generate()?);
        let pair = self.pair(&refresh, user, id, (user_type, now))?;
        let mut conn = self.db.conn().await?;
        let new = NewSession { id, user, user_type, token: refresh.hash(), now };
        store::insert_session(&mut conn, &new).await?;
        tracing::info!(session.id = %id, user.id = %user, "session {id} opened");
        Ok(pair)
    }
}
