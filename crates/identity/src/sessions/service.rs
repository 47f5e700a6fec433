//! Opening, renewing, listing and ending sessions.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use db::{Db, Transact as _, Tx};
use kernel::{
    Clock, UserType,
    id::{SessionId, StaffId, UserId},
};
use uuid::Uuid;

use super::{
    Basis, EndReason, Holder, NewSession, Presented, RefreshToken, Revocations, Session, Verdict, store,
};
use crate::{
    IdentityError, TokenService,
    api::{SessionsApi, TokenPair},
    otp, staff,
    tokens::{Audience, LIFE_SECONDS, Subject},
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

    pub fn revocations(&self) -> &Arc<Revocations> {
        self.tokens.revocations()
    }

    /// Trades a customer's or, at the other door, an employee's refresh token for a new pair. The one before the
    /// current one gets the same successor for ten seconds; any older one ends its whole family.
    pub(crate) async fn refresh(&self, token: &str, at: Audience) -> Result<TokenPair, IdentityError> {
        let now = self.clock.now();
        let token = RefreshToken::parse(token).ok_or(IdentityError::RefreshRefused)?;
        let mut conn = self.db.conn().await?;
        // Ending the family has to be committed as well, so a refusal leaves the transaction as a value.
        let pair: Option<TokenPair> = conn
            .transaction(async |tx| {
                let presented = store::lock_presented(tx, token.hash()).await?;
                let Some(presented) = presented.filter(|p| at.admits(p.holder)) else { return Ok(None) };
                match presented.judge(now) {
                    Verdict::Replace { expires_at } => {
                        let successor = RefreshToken::generate()?;
                        let pair = self.pair(tx, &successor, &presented, now).await?;
                        let new = (successor.hash(), token.seal(&successor));
                        store::replace_token(tx, token.hash(), new, (expires_at, now)).await?;
                        Ok(Some(pair))
                    }
                    Verdict::Repeat(sealed) => {
                        self.pair(tx, &token.open(sealed), &presented, now).await.map(Some)
                    }
                    Verdict::EndFamily => {
                        self.end_family(tx, &presented, now).await?;
                        Ok(None)
                    }
                    Verdict::Refuse => Ok::<_, IdentityError>(None),
                }
            })
            .await?;
        pair.ok_or(IdentityError::RefreshRefused)
    }

    async fn end_family(
        &self,
        tx: &mut Tx,
        presented: &Presented,
        now: DateTime<Utc>,
    ) -> Result<(), IdentityError> {
        let session = presented.session;
        store::end_session(tx, (presented.subject, session), EndReason::Replay, now).await?;
        self.revocations().note_end(session, now);
        tracing::warn!(session.id = %session, "session {session} ended: a replaced token came back");
        Ok(())
    }

    /// Signs with what the subject is now: an employee's role is looked up anew.
    async fn pair(
        &self,
        tx: &mut Tx,
        refresh: &RefreshToken,
        presented: &Presented,
        now: DateTime<Utc>,
    ) -> Result<TokenPair, IdentityError> {
        let subject = match presented.holder {
            Holder::Customer(user_type) => Subject::Customer(UserId(presented.subject), user_type),
            Holder::Staff => {
                let id = StaffId(presented.subject);
                let role = staff::store::find_role(tx, id).await?.ok_or(IdentityError::RefreshRefused)?;
                Subject::Staff(id, role)
            }
        };
        self.sign(subject, (presented.session, presented.epochs.1), refresh, now)
    }

    fn sign(
        &self,
        subject: Subject,
        session: (SessionId, i32),
        refresh: &RefreshToken,
        now: DateTime<Utc>,
    ) -> Result<TokenPair, IdentityError> {
        Ok(TokenPair {
            access_token: self.tokens.access(subject, session, now)?,
            refresh_token: refresh.reveal(),
            expires_in_seconds: LIFE_SECONDS,
        })
    }

    /// `None` when what it was to be opened upon has changed.
    pub(crate) async fn open_for(
        &self,
        subject: Subject,
        basis: Basis<'_>,
        device: Option<&str>,
    ) -> Result<Option<TokenPair>, IdentityError> {
        let now = self.clock.now();
        let (id, refresh) = (SessionId::generate(now), RefreshToken::generate()?);
        let (whose, holder) = (subject.id(), subject.holder());
        let new = NewSession { id, subject: whose, holder, basis, device, token: refresh.hash(), now };
        let mut conn = self.db.conn().await?;
        let Some(epoch) = store::insert_session(&mut conn, &new).await? else { return Ok(None) };
        tracing::info!(session.id = %id, subject.id = %whose, "session {id} opened");
        self.sign(subject, (id, epoch), &refresh, now).map(Some)
    }

    /// Ends one session of this subject; false when there is none of theirs that still holds.
    pub(crate) async fn end(
        &self,
        (subject, session): (Uuid, SessionId),
        reason: EndReason,
    ) -> Result<bool, IdentityError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        let ended = store::end_session(&mut conn, (subject, session), reason, now).await?;
        if ended {
            self.revocations().note_end(session, now);
        }
        Ok(ended)
    }

    /// Those that still hold, the latest used first.
    pub(crate) async fn list(&self, user: UserId) -> Result<Vec<Session>, IdentityError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        Ok(store::list_sessions(&mut conn, user.0, Some(now)).await?)
    }

    pub(crate) async fn end_every(&self, subject: Uuid, reason: EndReason) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        let epoch = conn
            .transaction::<_, IdentityError, _>(
                async |tx| Ok(store::end_all(tx, subject, reason, now).await?),
            )
            .await?;
        self.revocations().note_epoch(subject, epoch, now);
        Ok(())
    }
}

#[async_trait]
impl SessionsApi for SessionService {
    async fn open(
        &self,
        user: UserId,
        user_type: UserType,
        device: Option<&str>,
    ) -> Result<TokenPair, IdentityError> {
        let opened = self.open_for(Subject::Customer(user, user_type), Basis::Fresh, device).await?;
        opened.ok_or(IdentityError::RefreshRefused)
    }

    async fn end_all(&self, user: UserId) -> Result<(), IdentityError> {
        self.end_every(user.0, EndReason::Ended).await
    }

    async fn export(&self, user: UserId) -> Result<serde_json::Value, IdentityError> {
        let mut conn = self.db.conn().await?;
        let sessions = store::list_sessions(&mut conn, user.0, None).await?;
        Ok(super::http::exported(sessions))
    }

    async fn forget(&self, user: UserId) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        let epoch = conn
            .transaction::<_, IdentityError, _>(async |tx| {
                let epoch = store::end_all(tx, user.0, EndReason::Ended, now).await?;
                store::delete_sessions(tx, user.0).await?;
                otp::store::delete_of_user(tx, user).await?;
                Ok(epoch)
            })
            .await?;
        self.revocations().note_epoch(user.0, epoch, now);
        Ok(())
    }
}
