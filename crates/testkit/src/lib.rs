//! What tests share: a fresh database each, a corner of Redis each, a clock that stands still, pictures.
//!
//! `cargo xtask test` starts the servers and says where they are (`TEST_DATABASE_URL`, `TEST_REDIS_URL`).

mod database;
mod meter;
pub mod pictures;
mod port;
mod postgres;
mod redis_cluster;

pub use database::TestDb;
pub use meter::{Meter, Statement};
pub use port::free_port;
pub use postgres::Postgres;
pub use redis_cluster::RedisCluster;

use std::sync::{
    LazyLock,
    atomic::{AtomicU32, Ordering},
};

use cache::{Cache, CacheOptions};
use chrono::{DateTime, Utc};
use kernel::FixedClock;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Wednesday, 22 July 2026, 10:00:00 UTC.
pub fn clock() -> FixedClock {
    FixedClock::at(DateTime::<Utc>::from_timestamp(1_784_714_400, 0).unwrap_or_default())
}

/// A name that no other test has, of this run or of one before it.
pub fn unique(prefix: &str) -> String {
    static RUN: LazyLock<u32> =
        LazyLock::new(|| u32::from_le_bytes(kernel::secret::bytes().unwrap_or_else(|e| panic!("{e}"))));
    format!("{prefix}_{:08x}_{}_{}", *RUN, std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Redis under a namespace of its own. Patient: a busy test machine is no reason to open the breaker.
pub fn cache() -> Cache {
    let options = CacheOptions { namespace: unique("t"), timeout: std::time::Duration::from_secs(5) };
    Cache::new(&redis_url(), options).unwrap_or_else(|e| panic!("{e}"))
}

pub fn redis_url() -> String {
    variable("TEST_REDIS_URL")
}

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run the tests by `cargo xtask test [-p CRATE]`"))
}
