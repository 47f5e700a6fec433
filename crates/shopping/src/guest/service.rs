//! The use cases of guests: a session, who a token belongs to, and taking everything along into an account.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, Transact as _, Tx};
use kernel::{
    Clock, Language, UserType,
    id::{GuestId, UserId},
};
use moka::sync::Cache;

use super::{GuestToken, LIFE, TokenHash, hash, store};
use crate::{
    CartError, CartService, GuestApi, Migrated,
    cart::{Cart, Owner, store as carts},
    favorite::store as favorites,
    ports::View,
};

/// Guests' sessions. Clones share everything.
#[derive(Clone)]
pub struct GuestService {
    db: Db,
    clock: Arc<dyn Clock>,
    carts: CartService,
    /// Tokens that were looked up a moment ago. Whether the session still goes on is for each use case to see.
    known: Cache<TokenHash, GuestId>,
}

impl GuestService {
    const KNOWN: u64 = 20_000;
    const KNOWN_FOR: Duration = Duration::from_secs(30);
    /// How much of her time has to be gone before a guest is given all of it again.
    const GRAIN: TimeDelta = TimeDelta::hours(1);

    pub fn new(db: Db, clock: Arc<dyn Clock>, carts: CartService) -> Self {
        let known = Cache::builder().max_capacity(Self::KNOWN).time_to_live(Self::KNOWN_FOR).build();
        Self { db, clock, carts, known }
    }

    pub(crate) async fn begin(&self) -> Result<(GuestToken, DateTime<Utc>), CartError> {
        let now = self.clock.now();
        let (token, expires_at) = (GuestToken::make()?, now + LIFE);
        let hash = hash(token.reveal()).ok_or(CartError::GuestExpired)?;
        let mut conn = self.db.conn().await?;
        store::insert(&mut conn, GuestId::generate(now), &hash, (now, expires_at)).await?;
        Ok((token, expires_at))
    }

    /// Whose token it is, as far as it is known here.
    pub fn known(&self, token: &str) -> Option<GuestId> {
        self.known.get(&hash(token)?)
    }

    /// Whose token it is; `None` when the session is over. Who comes back has all of her time again.
    pub async fn judge(&self, token: &str) -> Result<Option<GuestId>, CartError> {
        let Some(hash) = hash(token) else { return Ok(None) };
        let now = self.clock.now();
        let mut conn = self.db.conn().await?;
        let session = store::find(&mut conn, &hash).await?;
        let going_on = |session: &store::Session| session.migrated_to.is_none() && session.expires_at > now;
        let Some(session) = session.filter(going_on) else { return Ok(None) };
        if session.expires_at < now + LIFE - Self::GRAIN {
            store::put_expiry(&mut conn, session.id, now + LIFE).await?;
        }
        self.known.insert(hash, session.id);
        Ok(Some(session.id))
    }

    async fn migrate_locked(
        &self,
        tx: &mut Tx,
        (guest, user): (GuestId, UserId),
        offers: &std::collections::HashMap<kernel::id::ProductId, crate::ports::Offer>,
        now: DateTime<Utc>,
    ) -> Result<Option<Migrated>, CartError> {
        let Some(session) = store::lock(tx, guest).await? else { return Ok(None) };
        if session.migrated_to.is_some() || session.expires_at <= now {
            return Ok(session.told_to(user));
        }
        let theirs = match store::lock_cart(tx, guest).await? {
            Some(cart) => carts::list_lines(tx, cart).await?,
            None => Vec::new(),
        };
        let mut moved = 0;
        if !theirs.is_empty() {
            let mut cart: Cart = carts::lock_to_change(tx, user, now).await?;
            let change = cart.take_over(&theirs, offers, now);
            moved = change.put.len();
            carts::put_lines(tx, cart.id, &change.put).await?;
        }
        let liked = favorites::take_over(tx, guest, user, now).await?;
        let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        store::put_migrated(tx, guest, user, (count(moved), count(liked))).await?;
        Ok(Some(Migrated { cart_items: count(moved), favorites: count(liked) }))
    }
}

#[async_trait]
impl GuestApi for GuestService {
    async fn migrate(
        &self,
        token: &str,
        user: UserId,
        user_type: UserType,
    ) -> Result<Option<Migrated>, CartError> {
        let Some(hash) = hash(token) else { return Ok(None) };
        let now = self.clock.now();
        let session = {
            let mut conn = self.db.conn().await?;
            store::find(&mut conn, &hash).await?
        };
        let Some(session) = session else { return Ok(None) };
        if session.migrated_to.is_some() || session.expires_at <= now {
            return Ok(session.told_to(user));
        }
        // What can be had is asked before anything is locked.
        let view = View { user_type, language: Language::default() };
        let lines = match self.carts.find(Owner::Guest(session.id)).await {
            Ok(cart) => cart.lines,
            Err(CartError::GuestExpired) => Vec::new(),
            Err(e) => return Err(e),
        };
        let offers = self.carts.offers(lines.iter().map(|line| line.product), view).await?;
        let migrated = {
            let mut conn = self.db.conn().await?;
            conn.transaction::<_, CartError, _>(async |tx| {
                self.migrate_locked(tx, (session.id, user), &offers, now).await
            })
            .await?
        };
        self.known.invalidate(&hash);
        Ok(migrated)
    }
}

impl store::Session {
    /// What was moved, for whom it was moved to; for anybody else there is no such session.
    fn told_to(&self, user: UserId) -> Option<Migrated> {
        let (cart_items, favorites) = self.migrated_items.zip(self.migrated_favorites)?;
        (self.migrated_to == Some(user)).then_some(Migrated { cart_items, favorites })
    }
}
