//! How long a call may take and when it is made again.

use std::time::Duration;

use rand::Rng as _;
use tokio::time::{Instant, sleep, timeout};

use crate::failure::{Failure, Next};
use crate::line::LineError;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) tries: u32,
    /// For one try; the SDK has no limit of its own.
    pub(crate) each: Duration,
    /// For all of them together with the pauses: a customer who orders waits for the answer.
    pub(crate) total: Duration,
    /// Doubles with every further try.
    pub(crate) first_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 3,
            each: Duration::from_secs(10),
            total: Duration::from_secs(11),
            first_pause: Duration::from_millis(250),
        }
    }
}

impl Patience {
    /// `call` must do the same however often it is made: it carries an idempotency key or only reads.
    pub(crate) async fn with<T, F>(&self, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, LineError>>,
    {
        let deadline = Instant::now() + self.total;
        let mut earlier = None;
        let mut attempt = 1;
        loop {
            let limit = self.each.min(deadline.saturating_duration_since(Instant::now()));
            let failure = match timeout(limit, call()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => Failure::of(error),
                Err(_) => Failure::timeout(),
            };
            let failure = failure.after(earlier.take());
            let pause = self.pause_after(attempt);
            let in_time = Instant::now() + pause < deadline;
            if failure.next() == Next::GiveUp || attempt >= self.tries || !in_time {
                return Err(failure);
            }
            tracing::debug!(attempt, ?pause, "a call to Stripe failed and is made again with the same key");
            earlier = Some(failure);
            attempt += 1;
            sleep(pause).await;
        }
    }

    /// Half to all of the doubled pause, so that those who failed together do not return together.
    fn pause_after(&self, attempt: u32) -> Duration {
        let doubled = self.first_pause.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        rand::rng().random_range(doubled / 2..=doubled)
    }
}
