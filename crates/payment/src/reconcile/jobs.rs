//! When the books are compared.

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};

use super::service::Place;
use crate::PaymentService;

/// Asks the provider about what is not final here.
pub struct ReconcileOpen(pub PaymentService);

impl Job for ReconcileOpen {
    const NAME: &'static str = "payment.reconcile_open";
    const QUEUE: Queue = Queue::Slow;
    type Payload = ();
}

#[async_trait]
impl Effect for ReconcileOpen {
    async fn perform(&self, _: JobContext, (): ()) -> Result<(), JobError> {
        self.0.reconcile_open().await.map(drop).map_err(JobError::of)
    }
}

/// Begins to go through the last three days, both ways.
pub struct ReconcileRecent(pub PaymentService);

impl Job for ReconcileRecent {
    const NAME: &'static str = "payment.reconcile_recent";
    const QUEUE: Queue = Queue::Effects;
    type Payload = ();
}

#[async_trait]
impl Effect for ReconcileRecent {
    async fn perform(&self, _: JobContext, (): ()) -> Result<(), JobError> {
        self.0.begin_recent().await.map(drop).map_err(JobError::of)
    }
}

/// Goes through a page of them, and leaves the next behind.
pub struct ReconcilePage(pub PaymentService);

impl Job for ReconcilePage {
    const NAME: &'static str = "payment.reconcile_page";
    const QUEUE: Queue = Queue::Slow;
    type Payload = Place;
}

#[async_trait]
impl Effect for ReconcilePage {
    async fn perform(&self, context: JobContext, place: Place) -> Result<(), JobError> {
        let Some(next) = self.0.reconcile_page(place).await.map_err(JobError::of)? else { return Ok(()) };
        let mut conn = self.0.db.conn().await?;
        bus::enqueue::<Self>(&mut conn, &next, context.now, context.now).await?;
        Ok(())
    }
}
