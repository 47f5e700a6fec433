//! What identity does when others tell of something.

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};
use contracts::user::UserAnonymised;

use crate::{SessionService, api::SessionsApi as _};

/// A user was forgotten: so are the sessions, and the codes that were asked for.
#[derive(Clone)]
pub struct ForgetUser(pub SessionService);

impl Job for ForgetUser {
    const NAME: &'static str = "identity.forget_user";
    const QUEUE: Queue = Queue::Effects;
    type Payload = UserAnonymised;
}

/// An effect, for this process hears of the ended sessions on the way; doing it twice does no harm.
#[async_trait]
impl Effect for ForgetUser {
    async fn perform(&self, _: JobContext, forgotten: UserAnonymised) -> Result<(), JobError> {
        self.0.forget(forgotten.user_id).await.map_err(JobError::of)
    }
}
