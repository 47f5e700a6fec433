//! How long a call may take and when it is made again.

use std::time::Duration;

use rand::Rng as _;
use tokio::time::sleep;

use crate::failure::Failure;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) tries: u32,
    /// For one call.
    pub(crate) each: Duration,
    /// For everything that one run of a job does: less than the 40 s after which it is cut off.
    pub(crate) total: Duration,
    /// Doubles with every further try.
    pub(crate) first_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 3,
            each: Duration::from_secs(10),
            total: Duration::from_secs(35),
            first_pause: Duration::from_millis(250),
        }
    }
}

impl Patience {
    /// Makes `call` again only where the failure says that it had no effect.
    pub(crate) async fn with<F>(&self, call: impl Fn() -> F) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), Failure>>,
    {
        let mut attempt = 1;
        loop {
            match call().await {
                Err(Failure::NotTaken(reason)) if attempt < self.tries => {
                    let pause = self.pause_after(attempt);
                    tracing::debug!(attempt, ?pause, reason, "Twilio took nothing and is asked again");
                    sleep(pause).await;
                    attempt += 1;
                }
                ended => return ended,
            }
        }
    }

    /// Half to all of the doubled pause, so that those who failed together do not return together.
    fn pause_after(&self, attempt: u32) -> Duration {
        let doubled = self.first_pause.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        rand::rng().random_range(doubled / 2..=doubled)
    }
}
