//! The connection pool: bb8 over diesel-async, with every connection's limits set as it is made.

use std::{
    num::NonZero,
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bb8::QueueStrategy;
use diesel::IntoSql as _;
use diesel_async::{
    AsyncPgConnection, RunQueryDsl as _,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolableConnection as _, RecyclingMethod, bb8::Pool,
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::{Config, config::SslMode};

use crate::{DbError, Tx, turns::Turns};

/// A pooled connection; returned to the pool when dropped.
pub struct Conn {
    pooled: bb8::PooledConnection<'static, AsyncDieselConnectionManager<AsyncPgConnection>>,
    /// Below the connection, for fields are dropped from the top: whoever comes next finds it in the pool.
    _place: OwnedSemaphorePermit,
}

impl Deref for Conn {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.pooled
    }
}

impl DerefMut for Conn {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.pooled
    }
}

#[derive(Debug, Clone)]
pub struct PoolOptions {
    pub max_size: u32,
    /// How long a request waits for a free connection before it is told that we are busy.
    pub wait: Duration,
    /// A statement running longer is cancelled.
    pub statement_timeout: Duration,
    /// A statement waiting longer for a lock is cancelled.
    pub lock_timeout: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_size: 16,
            wait: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(2),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct PoolStatus {
    pub connections: u32,
    pub idle: u32,
    pub max: u32,
}

/// The pool, in parts: what reads from a connection's socket runs on the thread that made it, and a thread that asks over
/// its own connections wakes no other, which costs more than most questions. Where its part has none free, it takes
/// another's.
#[derive(Clone)]
pub struct Db {
    parts: Arc<[Part]>,
    wait: Duration,
    turns: Turns,
}

struct Part {
    pool: Pool<AsyncPgConnection>,
    /// As many places as connections, given in the order of asking. bb8 alone hands a connection that comes back to
    /// whoever asks at that moment: under load somebody who has waited for seconds would go on waiting.
    places: Arc<Semaphore>,
    max_size: u32,
}

impl Db {
    /// Makes the pool without connecting: a database that is away shows at the first query.
    pub fn new(url: &str, options: &PoolOptions) -> Self {
        // One for each thread that serves, one for the work in the background.
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let count = u32::try_from(threads + 1).unwrap_or(1).min(options.max_size.max(1));
        let part = |place: u32| {
            // The first take what does not divide evenly.
            let max_size = options.max_size / count + u32::from(place < options.max_size % count);
            Part::new(url, &PoolOptions { max_size, ..options.clone() })
        };
        Self { parts: (0..count).map(part).collect(), wait: options.wait, turns: Turns::default() }
    }

    /// For calls that are made for many.
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    pub async fn conn(&self) -> Result<Conn, DbError> {
        let busy = |e: &dyn std::fmt::Display| DbError::Pool(e.to_string());
        let conn = tokio::time::timeout(self.wait, async {
            let (part, place) = if let Some(free) = self.free() {
                free
            } else {
                let own = self.own();
                (own, own.places.clone().acquire_owned().await.map_err(|e| busy(&e))?)
            };
            let pooled = part.pool.get_owned().await.map_err(|e| busy(&e))?;
            Ok(Conn { pooled, _place: place })
        });
        conn.await.unwrap_or_else(|e| Err(busy(&e)))
    }

    /// The part of the thread that asks.
    fn own(&self) -> &Part {
        &self.parts[thread_number() % self.parts.len()]
    }

    /// A place that is free now, in the thread's own part if there is one.
    fn free(&self) -> Option<(&Part, OwnedSemaphorePermit)> {
        let mut parts =
            self.parts.iter().cycle().skip(thread_number() % self.parts.len()).take(self.parts.len());
        parts.find_map(|part| Some((part, part.places.clone().try_acquire_owned().ok()?)))
    }

    /// Whether PostgreSQL answers.
    pub async fn ping(&self) -> Result<(), DbError> {
        let mut conn = self.conn().await?;
        diesel::select(1_i32.into_sql::<diesel::sql_types::Integer>()).execute(&mut conn).await?;
        Ok(())
    }

    pub fn status(&self) -> PoolStatus {
        self.parts.iter().fold(PoolStatus { connections: 0, idle: 0, max: 0 }, |sum, part| {
            let state = part.pool.state();
            PoolStatus {
                connections: sum.connections + state.connections,
                idle: sum.idle + state.idle_connections,
                max: sum.max + part.max_size,
            }
        })
    }
}

impl Part {
    fn new(url: &str, options: &PoolOptions) -> Self {
        let mut config = ManagerConfig::default();
        // Asks the driver whether the socket still lives: no round trip, and a restarted server's dead
        // connections leave the pool before somebody is handed one.
        config.recycling_method =
            RecyclingMethod::CustomFunction(Box::new(|conn: &mut AsyncPgConnection| {
                let alive = if conn.is_broken() {
                    Err(diesel::result::Error::BrokenTransactionManager)
                } else {
                    Ok(())
                };
                Box::pin(std::future::ready(alive))
            }));
        let manager = AsyncDieselConnectionManager::new_with_config(with_settings(url, options), config);
        let pool = Pool::builder()
            .max_size(options.max_size)
            .connection_timeout(options.wait)
            .test_on_check_out(true)
            // The one that was used last: what its process has at hand is still in the processor's memory.
            .queue_strategy(QueueStrategy::Lifo)
            .build_unchecked(manager);
        let places = usize::try_from(options.max_size).unwrap_or(Semaphore::MAX_PERMITS);
        Self { pool, places: Arc::new(Semaphore::new(places)), max_size: options.max_size }
    }
}

/// Threads count themselves as they first ask.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

/// Whether the driver can make connections to this address, which are never encrypted; nothing is connected to.
pub fn is_address(url: &str) -> bool {
    let url_like = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let plain = |config: Config| config.get_ssl_mode() != SslMode::Require && !config.get_hosts().is_empty();
    url_like && url.parse().is_ok_and(plain)
}

/// The settings travel in the connection's start-up packet and cost no round trip. A statement has one plan, whatever it is
/// asked with: that is the plan which the journeys' `plans` look at, and nothing is planned anew.
/// None is so long that compiling it would pay, and a row is found by its key in memory, not on a disk that turns.
fn with_settings(url: &str, options: &PoolOptions) -> String {
    let settings = format!(
        "-c%20jit%3Doff%20-c%20plan_cache_mode%3Dforce_generic_plan%20-c%20random_page_cost%3D1.1\
         %20-c%20default_toast_compression%3Dlz4%20-c%20statement_timeout%3D{}\
         %20-c%20lock_timeout%3D{}%20-c%20idle_in_transaction_session_timeout%3D30000",
        options.statement_timeout.as_millis(),
        options.lock_timeout.as_millis(),
    );
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}application_name=metropolitan&connect_timeout=5&options={settings}")
}
