//! Rate limits: GCRA (ITU-T I.371, the leaky bucket as a meter) kept in Redis, spent in batches.
//!
//! Redis decides how many requests an identity has left; an instance may take several at once and spend them
//! without asking again, so that a busy reader costs Redis one call in many. What an instance took and did not
//! spend within the batch's life is lost to the caller, never gained. Without Redis each instance counts for
//! itself by the same rule: still a bound, only a looser one.

use std::{
    fmt::Display,
    hash::Hash,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use moka::sync::Cache as Local;
use redis::Script;
use tokio::sync::Mutex;

use crate::{
    Cache,
    batches::{self, Batches, Spent},
    pool::millis,
};

/// So many requests in so long, all of which may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Names the kind of request: quotas of different names do not share a count.
    pub name: &'static str,
    pub requests: u32,
    pub per: Duration,
    /// How many are taken from Redis at a time; 1 makes every request ask.
    pub batch: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    pub allowed: bool,
    pub limit: u32,
    pub remaining: u32,
    /// Until the whole quota is free again.
    pub reset: Duration,
    /// Until one more request is allowed; zero when it is.
    pub retry_after: Duration,
}

/// KEYS: the meter. ARGV: emission interval µs, burst, wanted. Grants up to `wanted`, at least one or nothing.
/// The meter is the theoretical arrival time in Redis' own µs, so that instances' clocks do not matter.
static GCRA: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local interval, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
        local free = math.floor((now + interval * burst - tat) / interval)
        local granted = math.min(free, wanted)
        if granted >= 1 then
            tat = tat + granted * interval
            redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000) + 1)
            return {granted, free - granted, tat - now, 0}
        end
        return {0, 0, tat - now, tat + interval - (now + interval * burst)}
        ",
    )
});

/// Counts the requests of each `I`. It is written out only for Redis: most requests are counted without.
#[derive(Clone)]
pub struct Limiter<I: Eq + Hash> {
    cache: Cache,
    batches: Arc<Batches<Meter<I>>>,
    /// Who is taking a batch: of many requests at once one asks, and the others spend what it brings.
    turns: Local<Meter<I>, Arc<Mutex<()>>>,
    /// Meters for the time without Redis: theoretical arrival times on this instance's clock.
    fallback: Local<Meter<I>, Arc<AtomicI64>>,
    started: Instant,
    factor: u32,
}

/// One identity and the name of the quota.
type Meter<I> = (&'static str, I);

/// Identities remembered at once; the least recently seen go first.
const IDENTITIES: u64 = 100_000;

impl<I: Copy + Display + Eq + Hash + Send + Sync + 'static> Limiter<I> {
    /// `factor` multiplies every limit: load tests run with thousands, production with 1.
    pub fn new(cache: Cache, factor: u32) -> Self {
        Self {
            cache,
            batches: Arc::new(Batches::new()),
            turns: Local::builder().max_capacity(IDENTITIES).time_to_idle(batches::LIFE).build(),
            fallback: Local::builder().max_capacity(IDENTITIES).time_to_idle(Duration::from_hours(1)).build(),
            started: Instant::now(),
            factor,
        }
    }

    /// Counts one request of `identity` against `quota`.
    pub async fn check(&self, quota: &Quota, identity: I) -> Decision {
        match self.spend(quota, identity) {
            Some(decision) => decision,
            None => self.take(quota, (quota.name, identity)).await,
        }
    }

    /// Counts one request if this instance holds some of the quota already: nobody need be asked.
    pub fn spend(&self, quota: &Quota, identity: I) -> Option<Decision> {
        let Spent { remaining, reset } = self.batches.spend(&(quota.name, identity), Instant::now())?;
        let limit = self.limit(quota);
        Some(Decision { allowed: true, limit, remaining, reset, retry_after: Duration::ZERO })
    }

    fn limit(&self, quota: &Quota) -> u32 {
        quota.requests.saturating_mul(self.factor)
    }

    /// Takes from Redis, for this request and for those that come after it.
    async fn take(&self, quota: &Quota, meter: Meter<I>) -> Decision {
        let limit = self.limit(quota);
        let batch = quota.batch.saturating_mul(self.factor).clamp(1, limit.max(1));
        let turn = (batch > 1).then(|| self.turns.get_with(meter, Arc::default));
        let _turn = match &turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        if turn.is_some()
            && let Some(decision) = self.spend(quota, meter.1)
        {
            return decision;
        }
        let interval = micros(quota.per) / i64::from(limit.max(1));
        let interval = interval.max(1);
        let mut script = GCRA.key(self.cache.key(&format!("rl:{}:{}", meter.0, meter.1)));
        script.arg(interval).arg(limit).arg(batch);
        match self.cache.script::<(i64, i64, i64, i64)>(&script).await {
            Ok((granted @ 1.., left, reset, _)) => {
                let (left, reset) = (positive(left), span(reset));
                if granted > 1 {
                    self.batches.keep(meter, (positive(granted - 1), left), reset, Instant::now());
                }
                let remaining = left.saturating_add(positive(granted - 1));
                Decision { allowed: true, limit, remaining, reset, retry_after: Duration::ZERO }
            }
            Ok((_, _, reset, retry)) => {
                Decision { allowed: false, limit, remaining: 0, reset: span(reset), retry_after: span(retry) }
            }
            Err(_) => self.alone(meter, limit, interval),
        }
    }

    /// The same meter, on this instance only.
    fn alone(&self, meter: Meter<I>, limit: u32, interval: i64) -> Decision {
        let meter = self.fallback.get_with(meter, Arc::default);
        let now = micros(self.started.elapsed());
        let full = now + interval * i64::from(limit);
        let counted = meter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tat| {
            let next = tat.max(now) + interval;
            (next <= full).then_some(next)
        });
        match counted {
            Ok(before) => {
                let tat = before.max(now) + interval;
                let remaining = positive((full - tat) / interval);
                Decision {
                    allowed: true,
                    limit,
                    remaining,
                    reset: span(tat - now),
                    retry_after: Duration::ZERO,
                }
            }
            Err(tat) => {
                let retry_after = span(tat + interval - full);
                Decision { allowed: false, limit, remaining: 0, reset: span(tat - now), retry_after }
            }
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn span(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

fn positive(n: i64) -> u32 {
    u32::try_from(n.max(0)).unwrap_or(u32::MAX)
}

/// Whole seconds, rounded up: what headers can say.
impl Decision {
    pub fn retry_after_secs(&self) -> u64 {
        millis(self.retry_after).div_ceil(1000).max(1)
    }

    pub fn reset_secs(&self) -> u64 {
        millis(self.reset).div_ceil(1000)
    }
}
