//! Connections to Redis, each call bounded in time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use kernel::breaker::{Breaker, State};
use redis::{FromRedisValue, RedisError, ScriptInvocation};
use thread_local::ThreadLocal;

use crate::link::{Link, Manager};

/// Failures in a row after which Redis is left alone, and how long until one caller tries.
const FAILURES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug, Clone)]
pub struct CacheOptions {
    /// A call that takes longer counts as a failure.
    pub timeout: Duration,
    /// Set before every key, so that tests and environments share a server without meeting.
    pub namespace: String,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_millis(50), namespace: "metropolitan".to_owned() }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    #[error("Redis failed")]
    Redis(#[from] RedisError),
    #[error("Redis did not answer in time")]
    Timeout,
    #[error("Redis was away a moment ago and is not asked")]
    Open,
}

#[derive(Debug, Clone, Copy)]
pub struct CacheStatus {
    pub connections: u32,
    /// How many wait for an answer.
    pub calls: u32,
    pub state: State,
}

/// A handle to Redis; clones share pool and breaker.
#[derive(Clone)]
pub struct Cache(Arc<Shared>);

struct Shared {
    manager: Manager,
    /// Each thread has a link of its own, and so its driver beside those who use it: a call wakes no other thread, and
    /// waits for nothing that another is at.
    pools: ThreadLocal<bb8::Pool<Manager>>,
    breaker: Breaker,
    calls: AtomicU32,
    options: CacheOptions,
}

/// One who waits for an answer.
struct Call<'a>(&'a AtomicU32);

impl<'a> Call<'a> {
    fn begin(calls: &'a AtomicU32) -> Self {
        calls.fetch_add(1, Ordering::Relaxed);
        Self(calls)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether this is the address of a Redis, or several of a cluster between commas; nothing is connected to.
pub fn is_address(url: &str) -> bool {
    url.split(',').all(|one| one.starts_with("redis://")) && Manager::new(url, Duration::ZERO).is_ok()
}

impl Cache {
    /// Does not connect yet. Several addresses between commas are those of a cluster. Only an address that cannot be read is an error.
    pub fn new(url: &str, options: CacheOptions) -> Result<Self, CacheError> {
        Ok(Self(Arc::new(Shared {
            manager: Manager::new(url, options.timeout)?,
            pools: ThreadLocal::new(),
            breaker: Breaker::new(FAILURES, PAUSE),
            calls: AtomicU32::new(0),
            options,
        })))
    }

    /// The full name of a key.
    pub fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.0.options.namespace)
    }

    pub async fn ping(&self) -> Result<(), CacheError> {
        let command = redis::cmd("PING");
        self.bounded(async |conn| command.query_async::<String>(conn).await).await.map(|_| ())
    }

    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, CacheError> {
        let mut command = redis::cmd("GET");
        command.arg(self.key(name));
        self.bounded(async |conn| command.query_async(conn).await).await
    }

    pub async fn put(&self, name: &str, value: &[u8], ttl: Duration) -> Result<(), CacheError> {
        let mut command = redis::cmd("SET");
        command.arg(self.key(name)).arg(value).arg("PX").arg(millis(ttl));
        self.bounded(async |conn| command.query_async(conn).await).await
    }

    /// These fields of each hash; absent where there is none. All hashes at once, wherever they lie.
    pub async fn fields_of<T: FromRedisValue>(
        &self,
        names: &[String],
        fields: &[&str],
    ) -> Result<Vec<T>, CacheError> {
        let commands = names.iter().map(|name| {
            let mut command = redis::cmd("HMGET");
            command.arg(self.key(name)).arg(fields);
            command
        });
        let commands: Vec<_> = commands.collect();
        self.bounded(async |conn| {
            let asked = commands.iter().map(|command| {
                let mut conn = conn.clone();
                async move { command.query_async(&mut conn).await }
            });
            futures_util::future::try_join_all(asked).await
        })
        .await
    }

    /// Runs a script by its hash, loading it when this server has not seen it.
    pub async fn script<T: FromRedisValue>(
        &self,
        invocation: &ScriptInvocation<'_>,
    ) -> Result<T, CacheError> {
        self.bounded(async |conn| invocation.invoke_async(conn).await).await
    }

    pub fn status(&self) -> CacheStatus {
        CacheStatus {
            connections: self.0.pools.iter().map(|pool| pool.state().connections).sum(),
            calls: self.0.calls.load(Ordering::Relaxed),
            state: self.0.breaker.state(),
        }
    }

    /// Asks `call` of a connection within the time limit, and tells the breaker how it went.
    async fn bounded<T>(
        &self,
        call: impl AsyncFnOnce(&mut Link) -> Result<T, RedisError>,
    ) -> Result<T, CacheError> {
        let shared = &*self.0;
        if !shared.breaker.admits(Instant::now()) {
            return Err(CacheError::Open);
        }
        let _call = Call::begin(&shared.calls);
        let mut broken = None;
        let asked = tokio::time::timeout(shared.options.timeout, async {
            let mut link = shared.link(&mut broken).await?;
            Ok(call(&mut link).await?)
        });
        let answer = asked.await.unwrap_or(Err(CacheError::Timeout));
        let lost = match &answer {
            Err(CacheError::Redis(e)) => e.is_unrecoverable_error(),
            Err(CacheError::Timeout) => true,
            _ => false,
        };
        if let Some(broken) = broken.filter(|_| lost) {
            broken.store(true, Ordering::Relaxed);
        }
        match &answer {
            Err(CacheError::Redis(e)) if e.is_io_error() || e.is_connection_dropped() || e.is_timeout() => {
                shared.breaker.failed(Instant::now());
            }
            Err(CacheError::Timeout) => shared.breaker.failed(Instant::now()),
            _ => shared.breaker.succeeded(),
        }
        answer
    }
}

impl Shared {
    /// This thread's: one connection, for as long as it lasts, and one that can be made while another is being given up.
    fn pool(&self) -> &bb8::Pool<Manager> {
        self.pools.get_or(|| {
            bb8::Pool::builder()
                .max_size(2)
                .queue_strategy(bb8::QueueStrategy::Lifo)
                .connection_timeout(self.options.timeout)
                .test_on_check_out(false)
                .build_unchecked(self.manager.clone())
        })
    }

    /// A link, and where to note that it is broken. It goes back at once: others may ask on it meanwhile.
    async fn link(&self, broken: &mut Option<Arc<AtomicBool>>) -> Result<Link, CacheError> {
        loop {
            let conn = self.pool().get().await.map_err(|e| match e {
                bb8::RunError::User(e) => CacheError::Redis(e),
                bb8::RunError::TimedOut => CacheError::Timeout,
            })?;
            // One that is broken is thrown away as it goes back.
            if !conn.broken.load(Ordering::Relaxed) {
                *broken = Some(conn.broken.clone());
                return Ok(conn.inner.clone());
            }
        }
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
