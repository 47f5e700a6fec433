//! The way to PostgreSQL: the pool, what a database failure means to a caller, locks, keys that make a request happen once.

mod cached;
mod combiner;
mod error;
pub mod idempotency;
mod lock;
mod pool;
mod retry;
#[cfg(test)]
mod tests;
mod turns;

/// Gives a connection `.transaction(async |tx| …)`.
pub use diesel_async::AsyncConnection as Transact;
/// A connection in a transaction, as use cases hand it to their stores.
pub type Tx = diesel_async::AsyncPgConnection;
/// What a failed query inside a transaction returns.
pub type QueryError = diesel::result::Error;

pub use cached::{Cached, cached};
pub use combiner::{Combiner, Together};
pub use error::DbError;
pub use lock::{Lock, LockError};
pub use pool::{Conn, Db, PoolOptions, PoolStatus, is_address};
pub use retry::{Contended, retry};
