//! When the books are compared.

use async_trait::async_trait;
use bus::{Effect, Job, JobContext, JobError, Queue};

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

/// Goes through the last three days, both ways.
pub struct ReconcileRecent(pub PaymentService);

impl Job for ReconcileRecent {
    const NAME: &'static str = "payment.reconcile_recent";
    const QUEUE: Queue = Queue::Slow;
    type Payload = ();
}

#[async_trait]
impl Effect for ReconcileRecent {
    async fn perform(&self, _: JobContext, (): ()) -> Result<(), JobError> {
        self.0.reconcile_recent().await.map(drop).map_err(JobError::of)
    }
}
