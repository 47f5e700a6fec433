//! Signing the shop's people in, and looking after who they are.

use std::sync::Arc;

use audit::Entry;
use chrono::{DateTime, Utc};
use db::{Db, Transact as _};
use kernel::{Actor, Clock, Email, Role, id::StaffId};
use tokio::sync::Semaphore;

use super::{Changes, HashError, Member, NewMember, Password, PasswordHash, StaffError, store};
use crate::{
    IdentityError, SessionService,
    api::TokenPair,
    otp::wait,
    sessions::{Basis, EndReason, store as sessions},
    tokens::Subject,
};

/// Hashes at a time: each takes 19 MiB and a core for tens of milliseconds.
const HASHES_AT_ONCE: usize = 2;

#[derive(Clone)]
pub struct StaffService {
    db: Db,
    clock: Arc<dyn Clock>,
    sessions: SessionService,
    hashing: Arc<Semaphore>,
}

impl StaffService {
    pub fn new(db: Db, clock: Arc<dyn Clock>, sessions: SessionService) -> Self {
        Self { db, clock, sessions, hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)) }
    }

    /// Makes the first owner when there is none.
    pub async fn bootstrap(&self, email: &Email, password: &Password) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        // The usual start: hashing for nothing would only make it slower.
        if store::has_owner(&mut conn).await? {
            return Ok(());
        }
        let hash = self.hash(password.clone()).await?;
        if store::insert_first_owner(&mut conn, (StaffId::generate(now), email), &hash, now).await? {
            tracing::warn!("the first owner was made from the settings; remove the password from them");
        }
        Ok(())
    }

    /// Counts first and compares after; an address that nobody has is treated like one with another password.
    pub(crate) async fn sign_in(
        &self,
        (email, password): (&Email, &str),
        device: Option<&str>,
    ) -> Result<(Member, TokenPair), IdentityError> {
        let (member, epoch) = self.check(email, password).await?;
        let tokens = self.open(&member, epoch, device).await?;
        tracing::info!(staff.id = %member.id, "staff {} signed in", member.id);
        Ok((member, tokens))
    }

    /// What was read of somebody before the password was compared may be over when the session is opened.
    pub(super) async fn open(
        &self,
        member: &Member,
        epoch: i32,
        device: Option<&str>,
    ) -> Result<TokenPair, IdentityError> {
        let subject = Subject::Staff(member.id, member.role);
        let opened = self.sessions.open_for(subject, Basis::Epoch(epoch), device).await?;
        opened.ok_or_else(|| StaffError::BadCredentials.into())
    }

    /// Who it is, and the epoch in which that was read.
    pub(super) async fn check(&self, email: &Email, password: &str) -> Result<(Member, i32), IdentityError> {
        let (email, now) = (email.as_str().to_lowercase(), self.clock.now());
        let mut conn = self.db.conn().await?;
        if !store::count_failure(&mut conn, &email, now).await? {
            let until = store::find_lock(&mut conn, &email).await?.unwrap_or(now);
            return Err(StaffError::Locked { wait: wait(now, until) }.into());
        }
        let found = store::find_credentials(&mut conn, &email).await?;
        drop(conn);
        let (known, hash) = match found {
            Some((member, hash, epoch)) => (Some((member, epoch)), hash),
            None => (None, PasswordHash::of_nobody()),
        };
        let right = self.compare(hash, password.to_owned()).await?;
        let known = known.filter(|_| right).ok_or(StaffError::BadCredentials)?;
        let mut conn = self.db.conn().await?;
        store::delete_failures(&mut conn, &email).await?;
        Ok(known)
    }

    /// Changes one's own password and signs every other device out.
    pub(crate) async fn change_password(
        &self,
        actor: Actor,
        (current, new): (&str, Password),
        device: Option<&str>,
    ) -> Result<TokenPair, IdentityError> {
        let email = self.member(actor.staff).await?.email;
        self.check(&email, current).await?;
        let changes = Changes { password: Some(new), ..Changes::default() };
        let (member, epoch) = self.apply(actor, actor.staff, changes).await?;
        let epoch = epoch.filter(|_| member.is_active).ok_or(StaffError::BadCredentials)?;
        self.open(&member, epoch, device).await
    }

    pub(crate) async fn member(&self, id: StaffId) -> Result<Member, IdentityError> {
        let mut conn = self.db.conn().await?;
        store::find_member(&mut conn, id).await?.ok_or(IdentityError::NotFound)
    }

    pub(crate) async fn members(&self) -> Result<Vec<Member>, IdentityError> {
        let mut conn = self.db.conn().await?;
        Ok(store::list_members(&mut conn).await?)
    }

    pub(crate) async fn hire(&self, actor: Actor, new: NewMember) -> Result<Member, IdentityError> {
        let now = self.clock.now();
        let hash = self.hash(new.password).await?;
        let (id, email) = (StaffId::generate(now), new.email);
        let member = Member { id, email, name: new.name, role: new.role, is_active: true, created_at: now };
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, IdentityError, _>(async |tx| {
            if !store::insert_member(tx, &member, &hash).await? {
                return Err(StaffError::EmailTaken.into());
            }
            audit::record(tx, &entry(actor, "staff.create", None, Some(&member)), now).await?;
            Ok(())
        })
        .await?;
        Ok(member)
    }

    /// What somebody was signed in with ends when role, password or standing change.
    pub(crate) async fn change(
        &self,
        actor: Actor,
        id: StaffId,
        changes: Changes,
    ) -> Result<Member, IdentityError> {
        self.apply(actor, id, changes).await.map(|(member, _)| member)
    }

    /// The member as changed, and the epoch that it raised.
    async fn apply(
        &self,
        actor: Actor,
        id: StaffId,
        changes: Changes,
    ) -> Result<(Member, Option<i32>), IdentityError> {
        let now = self.clock.now();
        let hash = match &changes.password {
            Some(password) => Some(self.hash(password.clone()).await?),
            None => None,
        };
        let mut conn = self.db.conn().await?;
        let (member, epoch) = conn
            .transaction::<_, IdentityError, _>(async |tx| {
                let owners = store::lock_owners(tx).await?;
                let before = store::lock_member(tx, id).await?.ok_or(IdentityError::NotFound)?;
                let after = store::put_changes(tx, id, (&changes, hash.as_ref()), now).await?;
                if owners == 1 && is_owner(&before) && !is_owner(&after) {
                    return Err(StaffError::LastOwner.into());
                }
                let action = if hash.is_some() { "staff.change_password" } else { "staff.change" };
                audit::record(tx, &entry(actor, action, Some(&before), Some(&after)), now).await?;
                let void = changes.void_sessions();
                let epoch =
                    if void { Some(sessions::end_all(tx, id.0, EndReason::Ended, now).await?) } else { None };
                Ok((after, epoch))
            })
            .await?;
        self.note(id, epoch, now);
        Ok((member, epoch))
    }

    fn note(&self, id: StaffId, epoch: Option<i32>, now: DateTime<Utc>) {
        if let Some(epoch) = epoch {
            self.sessions.revocations().note_epoch(id.0, epoch, now);
        }
    }

    async fn hash(&self, password: Password) -> Result<PasswordHash, IdentityError> {
        self.off_the_serving_threads(move || password.hash()).await?.map_err(IdentityError::from)
    }

    async fn compare(&self, hash: PasswordHash, given: String) -> Result<bool, IdentityError> {
        self.off_the_serving_threads(move || hash.admits(&given)).await
    }

    async fn off_the_serving_threads<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, IdentityError> {
        let _turn = self.hashing.acquire().await.map_err(|_| HashError)?;
        Ok(tokio::task::spawn_blocking(work).await.map_err(|_| HashError)?)
    }
}

fn is_owner(member: &Member) -> bool {
    member.is_active && member.role == Role::Owner
}

fn entry(actor: Actor, action: &'static str, before: Option<&Member>, after: Option<&Member>) -> Entry {
    let target = before.or(after).map_or_else(String::new, |member| format!("staff {}", member.id));
    Entry { actor, action, target, before: before.map(Member::told), after: after.map(Member::told) }
}
