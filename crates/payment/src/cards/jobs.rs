//! What becomes of saved cards when their owner leaves.

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};
use contracts::user::UserAnonymised;

use super::CardService;

/// `user.anonymised`: the provider forgets her too.
pub struct ForgetCards(pub CardService);

impl Job for ForgetCards {
    const NAME: &'static str = "payment.forget_cards";
    const QUEUE: Queue = Queue::Slow;
    type Payload = UserAnonymised;
}

#[async_trait]
impl Effect for ForgetCards {
    async fn perform(&self, _: JobContext, event: UserAnonymised) -> Result<(), JobError> {
        self.0.forget(event.user_id).await.map_err(JobError::of)
    }
}
