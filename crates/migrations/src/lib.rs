//! The schema of the database, embedded: one linear list of migrations, each touching one domain's schema.
//!
//! A crate of its own, so that a new migration rebuilds what starts the shop and none of the domains.

use std::time::Duration;

use diesel::migration::Result;
use diesel_async::{
    AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Another one for every other set of migrations, down to their SQL.
pub const FINGERPRINT: &str = env!("MIGRATIONS_FINGERPRINT");

/// How long the server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs what has not run yet on the database at `url`; returns how many.
///
/// Of two that start at once, one runs them; the other waits and finds nothing left.
pub fn run(url: &str) -> Result<usize> {
    let lock = "select pg_advisory_lock(7234000)";
    with_harness(url, lock, |harness| Ok(harness.run_pending_migrations(MIGRATIONS)?.len()))
}

/// How many migrations the database at `url` lacks.
pub fn pending(url: &str) -> Result<usize> {
    with_harness(url, "select 1", |harness| Ok(harness.pending_migrations(MIGRATIONS)?.len()))
}

/// Diesel's harness blocks, and a blocked runtime of one thread never wakes: it gets a thread and a runtime of its own.
fn with_harness<T: Send + 'static>(
    url: &str,
    first: &'static str,
    work: impl FnOnce(&mut AsyncMigrationHarness<AsyncPgConnection>) -> Result<T> + Send + 'static,
) -> Result<T> {
    let url = url.to_owned();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.block_on(async {
            let mut conn = tokio::time::timeout(PATIENCE, AsyncPgConnection::establish(&url)).await??;
            conn.batch_execute(first).await?;
            work(&mut AsyncMigrationHarness::new(conn))
        })
    });
    thread.join().unwrap_or_else(|_| Err("the migrations' thread panicked".into()))
}
