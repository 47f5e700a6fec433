//! What user does by itself: forgetting who asked to be forgotten.

use async_trait::async_trait;
use bus::{Effect, Handler, Job, JobContext, JobError, Queue};
use db::Tx;
use kernel::id::UserId;

use crate::{UserService, deletion::service::anonymise_due};

/// Anonymises those whose twenty days are over.
#[derive(Debug, Clone, Copy)]
pub struct AnonymiseDue;

impl Job for AnonymiseDue {
    const NAME: &'static str = "user.anonymise_due";
    type Payload = ();
}

#[async_trait]
impl Handler for AnonymiseDue {
    async fn run(&self, tx: &mut Tx, context: JobContext, (): ()) -> Result<(), JobError> {
        anonymise_due(tx, context.now).await?;
        Ok(())
    }
}

/// Signs a user who asked to be deleted out everywhere; the request does so too, where it can.
#[derive(Clone)]
pub struct EndSessions(pub UserService);

impl Job for EndSessions {
    const NAME: &'static str = "user.end_sessions";
    const QUEUE: Queue = Queue::Effects;
    type Payload = UserId;
}

#[async_trait]
impl Effect for EndSessions {
    async fn perform(&self, _: JobContext, user: UserId) -> Result<(), JobError> {
        self.0.end_sessions(user).await.map_err(JobError::of)
    }
}
