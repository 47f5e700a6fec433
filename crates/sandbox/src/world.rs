//! The two things the stand-in takes from outside itself: the time and randomness.

use std::time::UNIX_EPOCH;

use rand::Rng as _;
use rand::distr::Alphanumeric;

/// Seconds since 1970, which is how Stripe writes every time. The one place that reads real time.
pub(crate) fn now() -> u64 {
    UNIX_EPOCH.elapsed().unwrap_or_default().as_secs()
}

/// `prefix` and `length` random letters and digits, as in `pi_3MtwBwLkdIwHu7ix28a3tqPa`.
pub(crate) fn id(prefix: &str, length: usize) -> String {
    let random = rand::rng().sample_iter(Alphanumeric).take(length).map(char::from);
    prefix.chars().chain(random).collect()
}
