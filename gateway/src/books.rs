//! The books are checked by themselves, too.

use async_trait::async_trait;
use audit::{Integrity, Violation};
use bus::{Effect, Job, JobContext, JobError, Queue};

/// Checks all books, and tells metrics and log what does not add up.
pub(crate) struct CheckBooks(pub(crate) Integrity);

impl Job for CheckBooks {
    const NAME: &'static str = "gateway.check_books";
    const QUEUE: Queue = Queue::Effects;
    type Payload = ();
}

#[async_trait]
impl Effect for CheckBooks {
    async fn perform(&self, _: JobContext, (): ()) -> Result<(), JobError> {
        let violations = self.0.violations().await.map_err(JobError::of)?;
        let count = u32::try_from(violations.len()).unwrap_or(u32::MAX);
        metrics::gauge!("integrity_violations").set(f64::from(count));
        for violation in violations {
            let Violation { rule, subject, stands, expected } = violation;
            tracing::error!(rule, subject, stands, expected, "the books do not add up: {subject}: {rule}");
        }
        Ok(())
    }
}
