//! Working on a stored event: the intent is fetched, and what it says is taken over.

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError};
use db::DbError;
use serde::{Deserialize, Serialize};

use crate::{PaymentError, PaymentService, store};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventToWork {
    pub(crate) event: String,
    pub(crate) intent: Option<String>,
}

/// Works on one event of the provider's.
pub struct WorkEvent(pub PaymentService);

impl Job for WorkEvent {
    const NAME: &'static str = "payment.work_event";
    type Payload = EventToWork;
}

#[async_trait]
impl Effect for WorkEvent {
    async fn perform(&self, context: JobContext, work: EventToWork) -> Result<(), JobError> {
        if let Some(id) = &work.intent {
            let intent =
                self.0.provider.find_intent(id).await.map_err(|e| JobError::of(PaymentError::from(e)))?;
            self.0.apply(&intent).await.map_err(JobError::of)?;
        }
        let mut conn = self.0.db.conn().await?;
        store::put_worked(&mut conn, &work.event, context.now).await.map_err(DbError::from)?;
        Ok(())
    }
}
