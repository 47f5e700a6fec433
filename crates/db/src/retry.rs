//! Trying a transaction again that lost a deadlock or a serialization conflict.

use std::time::Duration;

/// An error that can tell whether trying again may help.
pub trait Contended {
    fn is_contention(&self) -> bool;
}

/// Runs `attempt`, at most four times in all while it fails by contention (40001, 40P01), waiting a few
/// milliseconds with jitter in between so that the same rivals do not meet again.
pub async fn retry<T, E, F>(mut attempt: impl FnMut() -> F) -> Result<T, E>
where
    E: Contended,
    F: Future<Output = Result<T, E>>,
{
    for round in 1..=3u64 {
        match attempt().await {
            Err(e) if e.is_contention() => {
                metrics::counter!("db_contention_retries_total").increment(1);
                let jitter = rand::random_range(0..10 * round);
                tokio::time::sleep(Duration::from_millis(5 * round + jitter)).await;
            }
            done => return done,
        }
    }
    attempt().await
}
