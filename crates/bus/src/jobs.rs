//! The job queue: rows that wait, a runner that takes them, a retry that backs off, a grave.

use std::{any::Any, collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, DbError, Together, Transact as _, Tx, cached};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use futures_util::{FutureExt as _, future::join_all};
use kernel::{Clock, DomainError, id::JobId};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Queue, schema::jobs};

/// After so many tries a job is buried, for a person to look at.
const MAX_ATTEMPTS: i32 = 50;
/// How long an [`Effect`] may work before its job counts as abandoned and is given to another.
const LEASE: TimeDelta = TimeDelta::seconds(45);

/// A kind of work, and the name its rows carry.
pub trait Job: Send + Sync + 'static {
    /// `domain.imperative`
    const NAME: &'static str;
    /// An [`Effect`] waits in one of the others.
    const QUEUE: Queue = Queue::Handlers;
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
            jobs::queue.eq(J::QUEUE.as_str()),
            jobs::payload.eq(payload),
            jobs::run_at.eq(run_at),
            jobs::created_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(id)
}

/// A job as `platform.enqueue(jsonb, timestamptz)` takes it, for a domain whose own SQL leaves work behind.
pub fn work<J: Job>(payload: &J::Payload, now: DateTime<Utc>) -> QueryResult<Value> {
    let payload =
        serde_json::to_value(payload).map_err(|e| diesel::result::Error::SerializationError(e.into()))?;
    let (id, queue) = (JobId::generate(now), J::QUEUE.as_str());
    Ok(serde_json::json!({ "id": id, "name": J::NAME, "queue": queue, "payload": payload }))
}

/// Runs jobs. Clones share the registered handlers.
#[derive(Clone)]
pub struct Runner {
    db: Db,
    clock: Arc<dyn Clock>,
    handlers: HashMap<&'static str, Arc<dyn AnyHandler>>,
    effects: HashMap<&'static str, (Queue, Arc<dyn AnyEffect>)>,
    /// Effects that end at the same moment leave the queue by one call.
    done: Together<(JobId, i32), ()>,
}

#[derive(QueryableByName)]
#[diesel(table_name = jobs)]
struct Claimed {
    id: JobId,
    name: String,
    payload: Value,
    attempts: i32,
}

impl Runner {
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { done: Together::new(&db), db, clock, handlers: HashMap::new(), effects: HashMap::new() }
    }

    #[must_use]
    pub fn handle<H: Handler>(mut self, handler: H) -> Self {
        const { assert!(!H::QUEUE.is_leased(), "a Handler waits among the handlers") };
        self.handlers.insert(H::NAME, Arc::new(handler));
        self
    }

    #[must_use]
    pub fn effect<E: Effect>(mut self, effect: E) -> Self {
        const { assert!(E::QUEUE.is_leased(), "an Effect says in which queue it waits: Job::QUEUE") };
        self.effects.insert(E::NAME, (E::QUEUE, Arc::new(effect)));
        self
    }

    /// All registered jobs and where they wait.
    pub fn jobs(&self) -> impl Iterator<Item = (&'static str, Queue)> {
        let effects = self.effects.iter().map(|(name, (queue, _))| (*name, *queue));
        self.handlers.keys().map(|name| (*name, Queue::Handlers)).chain(effects)
    }

    fn names(&self, queue: Queue) -> Vec<&'static str> {
        self.jobs().filter(|(_, of)| *of == queue).map(|(name, _)| name).collect()
    }

    /// Puts waiting jobs where they wait today: a release may have moved them, or known no queues. How many it were.
    pub async fn sort(&self) -> Result<usize, DbError> {
        let (names, queues): (Vec<&str>, Vec<&str>) =
            self.jobs().map(|(name, queue)| (name, queue.as_str())).unzip();
        let sorted = diesel::sql_query(
            "update platform.jobs j set queue = k.queue
             from unnest($1, $2) as k (name, queue) where j.name = k.name and j.queue <> k.queue",
        );
        let sorted = sorted.bind::<Array<Text>, _>(names).bind::<Array<Text>, _>(queues);
        Ok(sorted.execute(&mut self.db.conn().await?).await?)
    }

    /// Runs the next due jobs of a queue, if there are any: of leased ones up to `most`, side by side. `taken` is called
    /// as soon as they are ours: whoever looks for work need not wait for their end.
    pub async fn run(&self, queue: Queue, most: i64, taken: impl FnOnce() + Send) -> Result<bool, DbError> {
        if queue.is_leased() {
            self.run_leased(queue, most, taken).await
        } else {
            self.run_locked(taken).await
        }
    }

    /// Runs the next due handler, if there is one.
    pub async fn run_handler(&self) -> Result<bool, DbError> {
        self.run(Queue::Handlers, 1, || ()).await
    }

    /// Runs the next due effect, if there is one.
    pub async fn run_effect(&self) -> Result<bool, DbError> {
        Ok(self.run(Queue::Effects, 1, || ()).await? || self.run(Queue::Slow, 1, || ()).await?)
    }

    /// The row is locked for as long as the transaction lives: a crash frees it at once, and nobody can run it twice.
    async fn run_locked(&self, taken_by_us: impl FnOnce() + Send) -> Result<bool, DbError> {
        let names = self.names(Queue::Handlers);
        let mut conn = self.db.conn().await?;
        let now = self.clock.now();
        let mut taken: Option<Claimed> = None;
        let ran: Result<(), JobError> = conn
            .transaction(async |tx| {
                let Some(job) = take_next(tx, &names, now).await? else { return Ok(()) };
                taken_by_us();
                let context = JobContext { job: job.id, now, attempt: job.attempts + 1 };
                let (name, payload) = (job.name.clone(), job.payload.clone());
                taken = Some(job);
                let handler = self.handlers.get(name.as_str()).ok_or(JobError::Unknown)?;
                let done = caught(handler.run(tx, context, payload)).await;
                kernel::crash::point("bus.before_job_commit");
                done
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

    /// The rows are leased, not locked: no transaction is open and no connection held meanwhile.
    async fn run_leased(
        &self,
        queue: Queue,
        most: i64,
        taken_by_us: impl FnOnce() + Send,
    ) -> Result<bool, DbError> {
        let now = self.clock.now();
        let names = self.names(queue);
        let leased = lease_next(&mut *self.db.conn().await?, (queue, &names), most, now).await?;
        if leased.is_empty() {
            return Ok(false);
        }
        taken_by_us();
        join_all(leased.iter().map(|job| self.perform(job, now)))
            .await
            .into_iter()
            .collect::<Result<(), _>>()?;
        Ok(true)
    }

    async fn perform(&self, job: &Claimed, now: DateTime<Utc>) -> Result<(), DbError> {
        let context = JobContext { job: job.id, now, attempt: job.attempts };
        let performed = match self.effects.get(job.name.as_str()) {
            Some((_, effect)) => caught(effect.perform(context, job.payload.clone())).await,
            None => Err(JobError::Unknown),
        };
        match performed {
            Ok(()) => {
                self.done.ask((job.id, job.attempts), PartialEq::eq, |done| self.delete_done(done)).await
            }
            Err(error) => {
                let failed =
                    Failure { attempts_before: job.attempts - 1, error: &error, now: self.clock.now() };
                Ok(bury_or_retry(&mut *self.db.conn().await?, job, &failed).await?)
            }
        }
    }

    async fn delete_done(&self, done: Vec<Arc<(JobId, i32)>>) -> Result<Vec<()>, DbError> {
        let (ids, attempts): (Vec<JobId>, Vec<i32>) = done.iter().map(|job| **job).unzip();
        let delete = diesel::sql_query("select platform.end_jobs($1, $2)");
        let delete = delete.bind::<Array<Uuid>, _>(ids).bind::<Array<Integer>, _>(attempts);
        cached(delete).execute(&mut *self.db.conn().await?).await?;
        Ok(vec![(); done.len()])
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

/// Takes the next handler's row out of the queue; a rollback puts it back.
async fn take_next(tx: &mut Tx, names: &[&str], now: DateTime<Utc>) -> QueryResult<Option<Claimed>> {
    let take = diesel::sql_query("select id, name, payload, attempts from platform.take_job($1, $2)");
    let take = take.bind::<Array<Text>, _>(names).bind::<Timestamptz, _>(now);
    cached(take).get_result(tx).await.optional()
}

async fn lease_next(
    conn: &mut Tx,
    (queue, names): (Queue, &[&str]),
    most: i64,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Claimed>> {
    let lease = "select id, name, payload, attempts from platform.lease_jobs($1, $2, $3, $4, $5)";
    let lease = diesel::sql_query(lease)
        .bind::<Text, _>(queue.as_str())
        .bind::<Array<Text>, _>(names)
        .bind::<BigInt, _>(most)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now + LEASE);
    cached(lease).load(conn).await
}

/// A panic is a failure like another: it counts as a try, and the loop that ran the job goes on.
async fn caught(work: impl Future<Output = Result<(), JobError>>) -> Result<(), JobError> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(JobError::Failed(format!("panicked: {}", words_of(&*panic)))))
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let owned = || panic.downcast_ref::<String>().map(String::as_str);
    panic.downcast_ref::<&str>().copied().or_else(owned).unwrap_or("without words")
}

struct Failure<'a> {
    attempts_before: i32,
    error: &'a JobError,
    now: DateTime<Utc>,
}

async fn bury_or_retry(conn: &mut Tx, job: &Claimed, failed: &Failure<'_>) -> QueryResult<()> {
    if let JobError::NotYet(wait) = failed.error {
        let later =
            Back { attempts: failed.attempts_before, run_at: failed.now + *wait, error: None, dead: None };
        return put_back(conn, job, later).await;
    }
    let attempts = failed.attempts_before + 1;
    let reason = chain(failed.error);
    let dead = (attempts >= MAX_ATTEMPTS).then_some(failed.now);
    if dead.is_some() {
        tracing::error!(job.id = %job.id, job.name, attempts, reason, "job {} was buried", job.id);
    } else {
        tracing::warn!(job.id = %job.id, job.name, attempts, reason, "job {} failed and will run again", job.id);
    }
    put_back(conn, job, Back { attempts, run_at: failed.now + back_off(attempts), error: Some(reason), dead })
        .await
}

struct Back {
    attempts: i32,
    run_at: DateTime<Utc>,
    error: Option<String>,
    dead: Option<DateTime<Utc>>,
}

async fn put_back(conn: &mut Tx, job: &Claimed, back: Back) -> QueryResult<()> {
    let put = diesel::sql_query("select platform.put_back_job($1, $2, $3, $4, $5, $6)")
        .bind::<Uuid, _>(job.id)
        .bind::<Integer, _>(job.attempts)
        .bind::<Integer, _>(back.attempts)
        .bind::<Timestamptz, _>(back.run_at)
        .bind::<Nullable<Text>, _>(back.error)
        .bind::<Nullable<Timestamptz>, _>(back.dead);
    cached(put).execute(conn).await?;
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
