//! Working on a stored event: the intent is fetched, and what it says is taken over.

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};
use chrono::TimeDelta;
use db::DbError;
use serde::{Deserialize, Serialize};

use crate::{PaymentError, PaymentService, ports::ProviderError, store};

/// How long events that were worked on are kept: as long as the provider itself lets anybody look at them.
const KEPT: TimeDelta = TimeDelta::days(30);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventToWork {
    pub(crate) event: String,
    pub(crate) intent: Option<String>,
}

/// Forgets events that were worked on long ago.
pub struct SweepInbox(pub PaymentService);

impl Job for SweepInbox {
    const NAME: &'static str = "payment.sweep_inbox";
    const QUEUE: Queue = Queue::Effects;
    type Payload = ();
}

#[async_trait]
impl Effect for SweepInbox {
    async fn perform(&self, context: JobContext, (): ()) -> Result<(), JobError> {
        let before = context.now - KEPT;
        while store::delete_worked(&mut *self.0.db.conn().await?, before).await? {}
        Ok(())
    }
}

/// Works on one event of the provider's.
pub struct WorkEvent(pub PaymentService);

impl Job for WorkEvent {
    const NAME: &'static str = "payment.work_event";
    const QUEUE: Queue = Queue::Slow;
    type Payload = EventToWork;
}

#[async_trait]
impl Effect for WorkEvent {
    async fn perform(&self, context: JobContext, work: EventToWork) -> Result<(), JobError> {
        if let Some(id) = &work.intent {
            match self.0.provider.find_intent(id).await {
                Ok(intent) => self.0.apply(&intent).await.map_err(JobError::of)?,
                // It will say so again: an intent of another account, or of one that was emptied.
                Err(ProviderError::Refused { code, .. }) if code == "resource_missing" => {
                    tracing::warn!(
                        intent.id = id,
                        event = work.event,
                        "the provider does not know intent {id}"
                    );
                }
                Err(e) => return Err(JobError::of(PaymentError::from(e))),
            }
        }
        let mut conn = self.0.db.conn().await?;
        store::put_worked(&mut conn, &work.event, context.now).await.map_err(DbError::from)?;
        Ok(())
    }
}
