//! The way to Redis: a bb8 pool behind a breaker, names of our own, rate limits.
//!
//! **Invariant:** nothing kept here is the truth. Every caller has an answer for [`CacheError`].

mod batches;
mod limiter;
mod link;
mod pool;
#[cfg(test)]
mod tests;

pub use kernel::breaker::{Breaker, State};
pub use limiter::{Decision, Limiter, Quota};
pub use pool::{Cache, CacheError, CacheOptions, CacheStatus, is_address};
pub use redis::Script;
