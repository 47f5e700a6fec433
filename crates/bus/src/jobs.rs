//! The job queue: rows that wait, a runner that takes them, a retry that backs off, a grave.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, DbError, Transact as _, Tx};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{Clock, DomainError, id::JobId};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::schema::jobs;

/// After so many tries a job is buried, for a person to look at.
const MAX_ATTEMPTS: i32 = 50;
/// How long an [`Effect`] may work before its job counts as abandoned and is given to another.
const LEASE: TimeDelta = TimeDelta::seconds(45);

/// A kind of work, and the name its rows carry.
pub trait Job: Send + Sync + 'static {
    /// `domain.imperative`
    const NAME: &'static str;
    type Payload: Serialize + DeserializeOwned + Send + Sync;
}

/// Work inside PostgreSQL: runs in one transaction with its own completion, so its effect happens exactly once.
/// Nothing that leaves the database may be called from here.
#[async_trait]
pub trait Handler: Job {
    async fn run(&self, tx: &mut Tx, context: JobContext, payload: Self::Payload) -> Result<(), JobError>;
}

/// Work outside PostgreSQL (a provider's API, a text message): happens at least once. `context.job` serves as
/// idempotency key; what it writes must bear being written twice.
#[async_trait]
pub trait Effect: Job {
    async fn perform(&self, context: JobContext, payload: Self::Payload) -> Result<(), JobError>;
}

#[derive(Debug, Clone, Copy)]
pub struct JobContext {
    pub job: JobId,
    /// The moment this run began.
    pub now: DateTime<Utc>,
    /// 1 on the first run.
    pub attempt: i32,
}

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Somebody else finished or took it.
    #[error("the job is no longer ours")]
    Lost,
    /// Nothing went wrong, but it cannot be done now: comes again after so long, without counting as a try.
    #[error("not yet")]
    NotYet(TimeDelta),
    #[error("no handler is registered under this name")]
    Unknown,
    #[error("the payload cannot be read: {0}")]
    Payload(#[from] serde_json::Error),
    #[error("{0}")]
    Failed(String),
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl JobError {
    /// A use case failed; its chain of causes goes into `last_error`.
    pub fn of(error: impl DomainError) -> Self {
        let error: Box<dyn std::error::Error> = Box::new(error);
        Self::Failed(chain(&*error))
    }
}

impl From<db::QueryError> for JobError {
    fn from(e: db::QueryError) -> Self {
        Self::Db(e.into())
    }
}

/// Puts a job into the queue in the caller's transaction.
pub async fn enqueue<J: Job>(
    tx: &mut Tx,
    payload: &J::Payload,
    run_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<JobId> {
    let payload =
        serde_json::to_value(payload).map_err(|e| diesel::result::Error::SerializationError(e.into()))?;
    let id = JobId::generate(now);
    diesel::insert_into(jobs::table)
        .values((
            jobs::id.eq(id),
            jobs::name.eq(J::NAME),
            jobs::payload.eq(payload),
            jobs::run_at.eq(run_at),
            jobs::created_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(id)
}

/// Runs jobs. Clones share the registered handlers.
#[derive(Clone)]
pub struct Runner {
    db: Db,
    clock: Arc<dyn Clock>,
    handlers: HashMap<&'static str, Arc<dyn AnyHandler>>,
    effects: HashMap<&'static str, Arc<dyn AnyEffect>>,
}

#[derive(HasQuery)]
#[diesel(table_name = jobs)]
struct Claimed {
    id: JobId,
    name: String,
    payload: Value,
    attempts: i32,
}

impl Runner {
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, handlers: HashMap::new(), effects: HashMap::new() }
    }

    #[must_use]
    pub fn handle<H: Handler>(mut self, handler: H) -> Self {
        self.handlers.insert(H::NAME, Arc::new(handler));
        self
    }

    #[must_use]
    pub fn effect<E: Effect>(mut self, effect: E) -> Self {
        self.effects.insert(E::NAME, Arc::new(effect));
        self
    }

    /// The names of all registered jobs.
    pub fn names(&self) -> Vec<&'static str> {
        self.handlers.keys().chain(self.effects.keys()).copied().collect()
    }

    /// Runs the next due handler, if there is one.
    ///
    /// The row is locked for as long as the transaction lives: a crash frees it at once, and nobody can run it twice.
    pub async fn run_handler(&self) -> Result<bool, DbError> {
        let names: Vec<&str> = self.handlers.keys().copied().collect();
        let mut conn = self.db.conn().await?;
        let now = self.clock.now();
        let mut taken: Option<Claimed> = None;
        let ran: Result<(), JobError> = conn
            .transaction(async |tx| {
                let Some(job) = lock_next(tx, &names, now).await? else { return Ok(()) };
                let context = JobContext { job: job.id, now, attempt: job.attempts + 1 };
                let (name, payload) = (job.name.clone(), job.payload.clone());
                diesel::delete(jobs::table.find(job.id)).execute(tx).await?;
                taken = Some(job);
                let handler = self.handlers.get(name.as_str()).ok_or(JobError::Unknown)?;
                handler.run(tx, context, payload).await
            })
            .await;
        match (&taken, ran) {
            (None, ran) => ran.map(|()| false).map_err(database),
            (Some(_), Ok(())) => Ok(true),
            (Some(job), Err(e)) => {
                let failed = Failure { attempts_before: job.attempts, error: &e, now };
                bury_or_retry(&mut conn, job, &failed).await?;
                Ok(true)
            }
        }
    }

    /// Runs the next due effect, if there is one. Its row is leased, not locked: no transaction is open meanwhile.
    pub async fn run_effect(&self) -> Result<bool, DbError> {
        let names: Vec<&str> = self.effects.keys().copied().collect();
        let now = self.clock.now();
        let job = {
            let mut conn = self.db.conn().await?;
            lease_next(&mut conn, &names, now).await?
        };
        let Some(job) = job else { return Ok(false) };
        let context = JobContext { job: job.id, now, attempt: job.attempts };
        let performed = match self.effects.get(job.name.as_str()) {
            Some(effect) => effect.perform(context, job.payload.clone()).await,
            None => Err(JobError::Unknown),
        };
        let mut conn = self.db.conn().await?;
        match performed {
            Ok(()) | Err(JobError::Lost) => {
                // Only while it is ours: after the lease ran out another run has counted the attempts on.
                let mine = jobs::id.eq(job.id).and(jobs::attempts.eq(job.attempts));
                diesel::delete(jobs::table.filter(mine)).execute(&mut conn).await?;
            }
            Err(error) => {
                let failed =
                    Failure { attempts_before: job.attempts - 1, error: &error, now: self.clock.now() };
                bury_or_retry(&mut conn, &job, &failed).await?;
            }
        }
        Ok(true)
    }

    /// Works until nothing is due: for tests, which move the clock themselves.
    pub async fn drain(&self) -> Result<usize, DbError> {
        let mut count = 0;
        while self.run_handler().await? || self.run_effect().await? {
            count += 1;
        }
        Ok(count)
    }
}

async fn lock_next(tx: &mut Tx, names: &[&str], now: DateTime<Utc>) -> QueryResult<Option<Claimed>> {
    let due = jobs::dead_at.is_null().and(jobs::run_at.le(now)).and(jobs::name.eq_any(names));
    let next = Claimed::query().filter(due).order(jobs::run_at).for_update().skip_locked();
    next.first(tx).await.optional()
}

async fn lease_next(conn: &mut Tx, names: &[&str], now: DateTime<Utc>) -> QueryResult<Option<Claimed>> {
    conn.transaction(async |tx| {
        let Some(job) = lock_next(tx, names, now).await? else { return Ok(None) };
        diesel::update(jobs::table.find(job.id))
            .set((jobs::run_at.eq(now + LEASE), jobs::attempts.eq(jobs::attempts + 1)))
            .returning(Claimed::as_returning())
            .get_result(tx)
            .await
            .map(Some)
    })
    .await
}

struct Failure<'a> {
    attempts_before: i32,
    error: &'a JobError,
    now: DateTime<Utc>,
}

async fn bury_or_retry(conn: &mut Tx, job: &Claimed, failed: &Failure<'_>) -> QueryResult<()> {
    if let JobError::NotYet(wait) = failed.error {
        return put_off(conn, job, (failed.attempts_before, failed.now + *wait)).await;
    }
    let attempts = failed.attempts_before + 1;
    let reason = chain(failed.error);
    let dead = (attempts >= MAX_ATTEMPTS).then_some(failed.now);
    if dead.is_some() {
        tracing::error!(job.id = %job.id, job.name, attempts, reason, "job {} was buried", job.id);
    } else {
        tracing::warn!(job.id = %job.id, job.name, attempts, reason, "job {} failed and will run again", job.id);
    }
    // Guarded by the count we saw, so that two failing runs of one job are not counted on top of each other.
    let seen = jobs::id.eq(job.id).and(jobs::attempts.eq(job.attempts));
    diesel::update(jobs::table.filter(seen))
        .set((
            jobs::attempts.eq(attempts),
            jobs::run_at.eq(failed.now + back_off(attempts)),
            jobs::last_error.eq(reason),
            jobs::dead_at.eq(dead),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

async fn put_off(conn: &mut Tx, job: &Claimed, (attempts, run_at): (i32, DateTime<Utc>)) -> QueryResult<()> {
    let seen = jobs::id.eq(job.id).and(jobs::attempts.eq(job.attempts));
    diesel::update(jobs::table.filter(seen))
        .set((jobs::attempts.eq(attempts), jobs::run_at.eq(run_at)))
        .execute(conn)
        .await?;
    Ok(())
}

/// 1 s · 2ⁿ, at most five minutes.
fn back_off(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(9);
    TimeDelta::seconds(1 << doublings).min(TimeDelta::minutes(5))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn database(e: JobError) -> DbError {
    match e {
        JobError::Db(e) => e,
        other => DbError::Query(diesel::result::Error::QueryBuilderError(other.into())),
    }
}

/// The traits above with their payloads still in JSON, so that one map can hold them all.
#[async_trait]
trait AnyHandler: Send + Sync {
    async fn run(&self, tx: &mut Tx, context: JobContext, payload: Value) -> Result<(), JobError>;
}

#[async_trait]
impl<H: Handler> AnyHandler for H {
    async fn run(&self, tx: &mut Tx, context: JobContext, payload: Value) -> Result<(), JobError> {
        let payload = serde_json::from_value(payload)?;
        Handler::run(self, tx, context, payload).await
    }
}

#[async_trait]
trait AnyEffect: Send + Sync {
    async fn perform(&self, context: JobContext, payload: Value) -> Result<(), JobError>;
}

#[async_trait]
impl<E: Effect> AnyEffect for E {
    async fn perform(&self, context: JobContext, payload: Value) -> Result<(), JobError> {
        let payload = serde_json::from_value(payload)?;
        // Below the lease, so that an effect that hangs has ended before another may begin it.
        let limit = Duration::from_secs(40);
        match tokio::time::timeout(limit, Effect::perform(self, context, payload)).await {
            Ok(done) => done,
            Err(_) => Err(JobError::Failed(format!("no end after {limit:?}"))),
        }
    }
}
