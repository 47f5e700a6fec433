//! The schema of the database, embedded: one linear list of migrations, each touching one domain's schema.
//!
//! A crate of its own, so that a new migration rebuilds what starts the shop and none of the domains.

use diesel::migration::Result;
use diesel_async::{AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Another one for every other set of migrations, down to their SQL.
pub const FINGERPRINT: &str = env!("MIGRATIONS_FINGERPRINT");

/// Runs what has not run yet on the database at `url`; returns how many.
pub fn run(url: &str) -> Result<usize> {
    with_harness(url, |harness| Ok(harness.run_pending_migrations(MIGRATIONS)?.len()))
}

/// How many migrations the database at `url` lacks.
pub fn pending(url: &str) -> Result<usize> {
    with_harness(url, |harness| Ok(harness.pending_migrations(MIGRATIONS)?.len()))
}

/// Diesel's harness blocks, and a blocked runtime of one thread never wakes: it gets a thread and a runtime of its own.
fn with_harness<T: Send + 'static>(
    url: &str,
    work: impl FnOnce(&mut AsyncMigrationHarness<AsyncPgConnection>) -> Result<T> + Send + 'static,
) -> Result<T> {
    let url = url.to_owned();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.block_on(async {
            let conn = AsyncPgConnection::establish(&url).await?;
            work(&mut AsyncMigrationHarness::new(conn))
        })
    });
    thread.join().unwrap_or_else(|_| Err("the migrations' thread panicked".into()))
}
