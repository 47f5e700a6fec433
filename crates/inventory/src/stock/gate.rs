//! The gate in Redis: turns away who comes too late, before PostgreSQL is asked.
//!
//! Of a product that PostgreSQL had too little of it knows how much that was, at which version, and when. It holds nothing
//! for anybody: what is admitted here is decided by PostgreSQL, and a refusal is one that PostgreSQL gave less than
//! [`TRUSTED`] ago. So it may be empty, old, slow or gone: then PostgreSQL is asked, and nothing else is different.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use cache::{Cache, CacheError, Script};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::id::ProductId;
use serde::Deserialize;

use crate::{HoldLine, Shortage};

/// A refusal is good for so long; whoever comes later asks PostgreSQL. Of a product that a thousand want that is four
/// questions a second; and what comes back is refused to nobody for longer than it takes to notice.
pub(crate) const TRUSTED: TimeDelta = TimeDelta::milliseconds(250);

/// Of more than this a usual order can always have some: not worth a word to Redis.
const SCARCE: u32 = 100;

/// What nobody has asked for in so long is forgotten.
const KEPT: Duration = Duration::from_mins(1);

/// What Redis said of a product is not asked for again for so long: a crowd wants the same one.
pub(crate) const HEARD: Duration = Duration::from_millis(25);

/// So many products are remembered at most.
const MOST_HEARD: usize = 1_000;

/// How much there was, and when (ms).
type Known = (Option<u32>, Option<i64>);

/// KEYS: the product. ARGV: available, version, as of (ms), kept (ms), 1 to write only what is there already.
/// Absolute values, of which the newest version stays, whatever order they come in.
static SYNC: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local version, at = unpack(redis.call('HMGET', KEYS[1], 'v', 't'))
        if not version and ARGV[5] == '1' then return 0 end
        version, at = tonumber(version or -1), tonumber(at or 0)
        if tonumber(ARGV[2]) < version then return 0 end
        if tonumber(ARGV[2]) == version and tonumber(ARGV[3]) <= at then return 0 end
        redis.call('HSET', KEYS[1], 'a', ARGV[1], 'v', ARGV[2], 't', ARGV[3])
        redis.call('PEXPIRE', KEYS[1], ARGV[4])
        return 1
        ",
    )
});

/// How much PostgreSQL had to sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Level {
    #[serde(rename = "sku")]
    pub(crate) product: ProductId,
    pub(crate) available: u32,
    pub(crate) version: i64,
}

#[derive(Clone)]
pub(crate) struct Gate {
    cache: Cache,
    /// Which history of the database the versions belong to, once PostgreSQL has said so.
    timeline: Arc<RwLock<Option<String>>>,
    /// What Redis said of scarce products a moment ago.
    heard: Arc<Mutex<HashMap<ProductId, (Instant, Known)>>>,
}

/// What there was to sell, in which history of the database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Levels {
    pub(crate) timeline: String,
    pub(crate) levels: Vec<Level>,
}

impl Level {
    pub(crate) fn is_scarce(&self) -> bool {
        self.available < SCARCE
    }
}

impl Gate {
    pub(crate) fn new(cache: Cache) -> Self {
        Self { cache, timeline: Arc::default(), heard: Arc::default() }
    }

    /// What there is too little of, as far as is known here; empty lets everybody through.
    pub(crate) async fn refuses(&self, lines: &[HoldLine], now: DateTime<Utc>) -> Vec<Shortage> {
        let Some(timeline) = self.timeline() else { return Vec::new() };
        let mut wanted = BTreeMap::<ProductId, u32>::new();
        for line in lines {
            let sum = wanted.entry(line.product).or_default();
            *sum = sum.saturating_add(line.quantity);
        }
        let asked = Instant::now();
        let known = match self.recall(wanted.keys(), asked) {
            Some(known) => Ok(known),
            None => self.ask(&timeline, wanted.keys()).await,
        };
        let short = match &known {
            Ok(known) => wanted
                .into_iter()
                .zip(known)
                .filter_map(|((product_id, requested), known)| {
                    let (Some(available), Some(at)) = *known else { return None };
                    (available < requested && is_fresh(at, now)).then_some(Shortage {
                        product_id,
                        requested,
                        available,
                    })
                })
                .collect(),
            Err(_) => Vec::new(),
        };
        let answer = match (&known, short.is_empty()) {
            (Err(_), _) => "away",
            (Ok(_), true) => "admitted",
            (Ok(_), false) => "refused",
        };
        metrics::histogram!("stock_gate_seconds", "answer" => answer).record(asked.elapsed());
        short
    }

    /// What was heard of all of these a moment ago.
    fn recall<'a>(&self, wanted: impl Iterator<Item = &'a ProductId>, now: Instant) -> Option<Vec<Known>> {
        let heard = self.heard();
        let young = |(at, known): &(Instant, Known)| (now.duration_since(*at) < HEARD).then_some(*known);
        wanted.map(|product| heard.get(product).and_then(young)).collect()
    }

    async fn ask(
        &self,
        timeline: &str,
        wanted: impl Iterator<Item = &ProductId> + Clone + Send,
    ) -> Result<Vec<Known>, CacheError> {
        let names: Vec<String> = wanted.clone().map(|product| name(timeline, *product)).collect();
        let known = self.cache.fields_of::<Known>(&names, &["a", "t"]).await?;
        let scarce = wanted.zip(&known).filter(|(_, (available, _))| available.is_some());
        let mut heard = self.heard();
        for (product, known) in scarce {
            if heard.len() >= MOST_HEARD {
                heard.clear();
            }
            heard.insert(*product, (Instant::now(), *known));
        }
        drop(heard);
        Ok(known)
    }

    fn heard(&self) -> MutexGuard<'_, HashMap<ProductId, (Instant, Known)>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the gate what PostgreSQL had at `at`. Best effort: what it does not get to hear makes it ask.
    pub(crate) async fn tell(&self, news: &Levels, at: DateTime<Utc>) {
        self.learn(&news.timeline);
        for level in &news.levels {
            // Of what there is enough only the old word is of interest: it may have been one of scarcity.
            self.put(&news.timeline, *level, at, !level.is_scarce()).await;
        }
    }

    async fn put(&self, timeline: &str, level: Level, at: DateTime<Utc>, known_only: bool) {
        let mut sync = SYNC.key(self.cache.key(&name(timeline, level.product)));
        sync.arg(level.available)
            .arg(level.version)
            .arg(at.timestamp_millis())
            .arg(KEPT.as_millis().to_string())
            .arg(u8::from(known_only));
        if let Err(e) = self.cache.script::<u8>(&sync).await {
            tracing::debug!(error = %e, "the gate of product {} was not told", level.product);
        }
        self.heard().remove(&level.product);
    }

    fn timeline(&self) -> Option<String> {
        self.timeline.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn(&self, timeline: &str) {
        if self.timeline().as_deref() != Some(timeline) {
            *self.timeline.write().unwrap_or_else(PoisonError::into_inner) = Some(timeline.to_owned());
            self.heard().clear();
        }
    }
}

/// The braces keep a product's key in one slot of a cluster.
fn name(timeline: &str, product: ProductId) -> String {
    format!("stk:{timeline}:{{{product}}}")
}

/// Instances' clocks may differ by a little; one that is far off is not believed either way.
fn is_fresh(at: i64, now: DateTime<Utc>) -> bool {
    (now.timestamp_millis() - at).abs() <= TRUSTED.num_milliseconds()
}
