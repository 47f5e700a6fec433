//! Working on a stored event: the intent is fetched, and what it says is taken over.

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{About, store};
use crate::{PaymentError, PaymentService};

/// How long events that were worked on are kept: as long as the provider itself lets anybody look at them.
const KEPT: TimeDelta = TimeDelta::days(30);
/// For so long one worker has an intent to itself: longer than the provider's adapter takes before it gives up, three
/// times over.
const CLAIMED: TimeDelta = TimeDelta::seconds(40);
/// When another looks again.
const BUSY: TimeDelta = TimeDelta::milliseconds(500);

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

/// Works on an event of the provider's, and on all others of its intent that wait: one worker at an intent.
pub struct WorkEvent(pub PaymentService);

impl Job for WorkEvent {
    const NAME: &'static str = "payment.work_event";
    const QUEUE: Queue = Queue::Slow;
    type Payload = EventToWork;
}

#[async_trait]
impl Effect for WorkEvent {
    async fn perform(&self, context: JobContext, work: EventToWork) -> Result<(), JobError> {
        let now = context.now;
        let Some(intent) = work.intent else {
            return Ok(store::put_worked(&mut *self.0.db.conn().await?, &[work.event], now).await?);
        };
        let claimed = {
            let mut conn = self.0.db.conn().await?;
            let claimed = store::claim_events(&mut conn, &intent, now, now + CLAIMED).await?;
            if claimed.is_empty() {
                // Either another has done it, or is at it.
                let worked = store::is_worked(&mut conn, &work.event).await?;
                return if worked { Ok(()) } else { Err(JobError::NotYet(BUSY)) };
            }
            claimed
        };
        let (events, kinds): (Vec<String>, Vec<String>) =
            claimed.into_iter().map(|claimed| (claimed.event_id, claimed.kind)).unzip();
        let worked = self.0.look_at(&intent, &kinds).await;
        let mut conn = self.0.db.conn().await?;
        match worked {
            Ok(()) => Ok(store::put_worked(&mut conn, &events, now).await?),
            Err(e) => {
                store::put_unclaimed(&mut conn, &events).await?;
                Err(JobError::of(e))
            }
        }
    }
}

impl PaymentService {
    /// Asks the provider about whatever these events tell of.
    async fn look_at(&self, intent: &str, kinds: &[String]) -> Result<(), PaymentError> {
        let tell_of = |about| kinds.iter().any(|kind| About::of(kind) == Some(about));
        if tell_of(About::Intent) {
            match self.provider.find_intent(intent).await {
                Ok(found) => drop(self.apply(&found).await?),
                // It will say so again: an intent of another account, or of one that was emptied.
                Err(e) if e.is_missing() => {
                    tracing::warn!(intent.id = intent, "the provider does not know intent {intent}");
                }
                Err(e) => return Err(e.into()),
            }
        }
        if tell_of(About::Refunds) {
            let known = self.provider.list_refunds(intent).await?;
            self.apply_refunds(intent, &known).await?;
        }
        if tell_of(About::Disputes) {
            let known = self.provider.list_disputes(intent).await?;
            self.apply_disputes(intent, &known).await?;
        }
        Ok(())
    }
}
