//! Keeps the index up to date: whoever asks and finds it a quarter of a second old first asks PostgreSQL what changed.
//!
//! Changes are numbered in the order in which they are committed (`catalog.this_revision`), so that asking is one row
//! in most cases and misses nothing. Nothing runs by itself: an instance that nobody asks does not ask either.

use std::{
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use db::{Db, DbError, Together, Tx};
use kernel::{Clock, id::ProductId};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{
    Changes, Index,
    store::{self, Known},
};
use crate::CatalogError;

/// How old what is shown may be: the age at which somebody looks, and the age beyond which nobody is answered from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ages {
    pub(crate) look: Duration,
    pub(crate) wait: Duration,
}

impl Default for Ages {
    fn default() -> Self {
        Self { look: Duration::from_millis(250), wait: Duration::from_millis(700) }
    }
}

/// The index as it lives in this process; clones share it.
#[derive(Clone)]
pub(crate) struct Live(Arc<Shared>);

struct Shared {
    db: Db,
    clock: Arc<dyn Clock>,
    ages: Ages,
    index: RwLock<Index>,
    looked: RwLock<Option<Instant>>,
    /// Held by whoever looks.
    turn: Mutex<Option<Sight>>,
    /// What the index holds; none while it is being changed.
    stands: RwLock<Option<Sight>>,
    newest: Together<(), i64>,
}

/// What was seen at the last look.
#[derive(Debug, Clone, Copy)]
struct Sight {
    known: Known,
    /// When a price or a rate next begins or ends by itself.
    next_change: Option<DateTime<Utc>>,
}

impl Sight {
    /// Whether it is what the database has, whose newest revision this is.
    fn is_all(&self, revision: i64, now: DateTime<Utc>) -> bool {
        self.known.revision == revision && self.next_change.is_none_or(|at| now < at)
    }
}

impl Live {
    /// So many products are read at once: a large shop, or a large import, is never in memory twice.
    const PART: usize = 2_000;

    pub(crate) fn new(db: Db, clock: Arc<dyn Clock>, ages: Ages) -> Self {
        Self(Arc::new(Shared {
            newest: Together::new(&db),
            db,
            clock,
            ages,
            index: RwLock::default(),
            looked: RwLock::default(),
            turn: Mutex::default(),
            stands: RwLock::default(),
        }))
    }

    /// The index, no older than a second.
    pub(crate) async fn index(&self) -> Result<RwLockReadGuard<'_, Index>, CatalogError> {
        let age = self.age();
        if age.is_none_or(|age| age >= self.0.ages.look) {
            // Boxed, so that the way of nearly everybody does not carry the state of those who look.
            Box::pin(self.look_in_turn(age)).await?;
        }
        Ok(self.0.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The index, if it is what the database has at this very moment.
    pub(crate) async fn index_now(&self) -> Result<Option<RwLockReadGuard<'_, Index>>, CatalogError> {
        let revision = self.0.newest.ask((), |(), ()| false, |asked| self.newest(asked)).await?;
        // Held before it is asked what it holds: nobody changes it in between.
        let index = self.0.index.read().unwrap_or_else(PoisonError::into_inner);
        let stands = *self.0.stands.read().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.now();
        Ok(stands.is_some_and(|stands| stands.is_all(revision, now)).then_some(index))
    }

    async fn newest(&self, asked: Vec<Arc<()>>) -> Result<Vec<i64>, DbError> {
        let revision = store::revision(&mut *self.0.db.conn().await?).await?;
        Ok(vec![revision; asked.len()])
    }

    /// One looks; those who can do with what is known do not wait for her, nor for a database that is slow or away.
    async fn look_in_turn(&self, age: Option<Duration>) -> Result<(), CatalogError> {
        if age.is_some_and(|age| age < self.0.ages.wait) {
            let Ok(mut sight) = self.0.turn.try_lock() else { return Ok(()) };
            // Its failure is told when it matters: to those who find nothing young enough.
            drop(self.look(&mut sight).await);
            return Ok(());
        }
        let asked = Instant::now();
        let mut sight = self.0.turn.lock().await;
        let looked = *self.0.looked.read().unwrap_or_else(PoisonError::into_inner);
        if looked.is_some_and(|looked| looked >= asked) {
            return Ok(());
        }
        self.look(&mut sight).await
    }

    async fn look(&self, sight: &mut Option<Sight>) -> Result<(), CatalogError> {
        let Shared { db, clock, looked, stands, .. } = &*self.0;
        let begun = Instant::now();
        let now = clock.now();
        let mut conn = db.conn().await?;
        let revision = store::revision(&mut conn).await?;
        if !sight.is_some_and(|sight| sight.is_all(revision, now)) {
            *stands.write().unwrap_or_else(PoisonError::into_inner) = None;
            match sight {
                None => self.read_all(&mut conn, now).await?,
                Some(Sight { known, .. }) => {
                    let changed = store::list_changed(&mut conn, *known, now).await?;
                    for part in changed.chunks(Self::PART) {
                        let changed = store::list_entries(&mut conn, part, now).await?;
                        self.take(Changes { changed, ..Changes::default() }).await;
                    }
                    let renumbered = revision != known.revision;
                    let removed = store::list_removed(&mut conn, *known).await?;
                    let categories =
                        if renumbered { Some(store::list_categories(&mut conn).await?) } else { None };
                    self.take(Changes { removed, categories, ..Changes::default() }).await;
                }
            }
            let next_change = store::next_change(&mut conn, now).await?;
            *sight = Some(Sight { known: Known { revision, at: now }, next_change });
            *stands.write().unwrap_or_else(PoisonError::into_inner) = *sight;
        }
        *looked.write().unwrap_or_else(PoisonError::into_inner) = Some(begun);
        Ok(())
    }

    /// In parts; nobody is answered before the last.
    async fn read_all(&self, conn: &mut Tx, now: DateTime<Utc>) -> Result<(), CatalogError> {
        let categories = Some(store::list_categories(conn).await?);
        self.take(Changes { categories, more: true, ..Changes::default() }).await;
        let limit = i64::try_from(Self::PART).unwrap_or(i64::MAX);
        let mut last = Some(ProductId(Uuid::nil()));
        while let Some(after) = last {
            let ids = store::list_ids(conn, after, limit).await?;
            last = ids.last().copied();
            let changed = store::list_entries(conn, &ids, now).await?;
            self.take(Changes { changed, more: last.is_some(), ..Changes::default() }).await;
        }
        Ok(())
    }

    /// What takes long is done where nobody else has to wait.
    async fn take(&self, changes: Changes) {
        const MANY: usize = 200;
        let shared = self.0.clone();
        let many = changes.changed.len() > MANY;
        let take = move || shared.index.write().unwrap_or_else(PoisonError::into_inner).take(changes);
        if !many {
            take();
        } else if let Err(e) = tokio::task::spawn_blocking(take).await {
            // It does not panic, and nobody cancels it.
            tracing::error!(error = %e, "the catalogue's index was not brought up to date");
        }
    }

    fn age(&self) -> Option<Duration> {
        self.0.looked.read().unwrap_or_else(PoisonError::into_inner).map(|looked| looked.elapsed())
    }
}
