//! Scheduled work: deleting files that nobody wants.

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};

use crate::Media;

/// Deletes from the store what was discarded, or pending for too long, and then its row. While the store is away the
/// rows stay and the next round tries again.
#[derive(Clone)]
pub struct Sweep(pub Media);

impl Job for Sweep {
    const NAME: &'static str = "media.sweep";
    const QUEUE: Queue = Queue::Slow;
    type Payload = ();
}

#[async_trait]
impl Effect for Sweep {
    async fn perform(&self, context: JobContext, (): ()) -> Result<(), JobError> {
        self.0.sweep(context.now).await.map(drop).map_err(JobError::of)
    }
}
