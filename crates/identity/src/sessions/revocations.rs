//! What this process knows of ended sessions: read from PostgreSQL a few times a second, asked at every request.
//!
//! Only what an access token can outlive is kept: sessions that ended, and epochs that were raised, within a token's
//! life. So the whole of it fits into memory, a check costs no round trip, and whatever happens to Redis revives nobody.

use std::{
    collections::HashMap,
    sync::RwLock,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, DbError};
use kernel::{Clock, id::SessionId};
use tokio::sync::watch;
use uuid::Uuid;

use super::store;
use crate::tokens::{LEEWAY_SECONDS, LIFE};

/// Between two looks: an end is known everywhere within a second.
const PERIOD: Duration = Duration::from_millis(250);

/// Who has not heard from PostgreSQL for so long cannot tell any more who is signed in.
const STALE: Duration = Duration::from_secs(5);

/// How far back each look goes behind the one before: longer than a transaction may take to become visible, and than
/// two machines' clocks may be apart.
const OVERLAP: TimeDelta = TimeDelta::seconds(30);

/// Which sessions have ended and which epochs are over.
#[derive(Debug, Default)]
pub struct Revocations(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    ended: HashMap<SessionId, DateTime<Utc>>,
    epochs: HashMap<Uuid, (i32, DateTime<Utc>)>,
    heard: Option<Instant>,
    looked_until: Option<DateTime<Utc>>,
}

/// Something that voids tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Revoked {
    Session(SessionId, DateTime<Utc>),
    Before { subject: Uuid, epoch: i32, at: DateTime<Utc> },
}

/// Whether a token's session still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Holds,
    Ended,
    Unknown,
}

impl Revocations {
    /// How the session stands, as far as was heard.
    pub(crate) fn standing(&self, subject: Uuid, session: SessionId, epoch: i32) -> Standing {
        let known = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let over = known.ended.contains_key(&session)
            || known.epochs.get(&subject).is_some_and(|(current, _)| epoch < *current);
        match known.heard {
            _ if over => Standing::Ended,
            Some(at) if at.elapsed() < STALE => Standing::Holds,
            _ => Standing::Unknown,
        }
    }

    /// This process ended a session itself, and need not wait to hear of it.
    pub(crate) fn note_end(&self, session: SessionId, at: DateTime<Utc>) {
        self.write(|known| known.take(Revoked::Session(session, at)));
    }

    /// This process raised an epoch itself.
    pub(crate) fn note_epoch(&self, subject: Uuid, epoch: i32, at: DateTime<Utc>) {
        self.write(|known| known.take(Revoked::Before { subject, epoch, at }));
    }

    /// Nothing has ended, as far as a test is concerned.
    #[cfg(test)]
    pub(crate) fn note_heard(&self) {
        self.write(|known| known.heard = Some(Instant::now()));
    }

    /// Looks once. Whoever serves calls it before the first request.
    pub async fn refresh(&self, db: &Db, clock: &dyn Clock) -> Result<(), DbError> {
        let (now, asked) = (clock.now(), Instant::now());
        let all_that_matters = now - LIFE - TimeDelta::seconds(LEEWAY_SECONDS) - OVERLAP;
        let since = self.write(|known| known.looked_until).map_or(all_that_matters, |until| until - OVERLAP);
        let mut conn = db.conn().await?;
        let news = store::list_revoked(&mut conn, since).await?;
        self.write(|known| {
            for one in news {
                known.take(one);
            }
            known.ended.retain(|_, at| *at > all_that_matters);
            known.epochs.retain(|_, (_, at)| *at > all_that_matters);
            (known.heard, known.looked_until) = (Some(asked), Some(now));
        });
        Ok(())
    }

    /// Looks until `stop` turns true. `db` is a pool of its own: a shop that is busy must not delay who is signed out.
    pub async fn follow(&self, db: Db, clock: &dyn Clock, mut stop: watch::Receiver<bool>) {
        let mut failing = false;
        while !*stop.borrow() {
            match self.refresh(&db, clock).await {
                Ok(()) => failing = false,
                Err(e) if !failing => {
                    tracing::warn!(error = %e, "ended sessions cannot be looked up");
                    failing = true;
                }
                Err(_) => {}
            }
            let _ = tokio::time::timeout(PERIOD, stop.changed()).await;
        }
    }

    fn write<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Known {
    fn take(&mut self, revoked: Revoked) {
        match revoked {
            Revoked::Session(session, at) => {
                self.ended.insert(session, at);
            }
            Revoked::Before { subject, epoch, at } => {
                let known = self.epochs.entry(subject).or_insert((epoch, at));
                *known = (known.0.max(epoch), known.1.max(at));
            }
        }
    }
}
