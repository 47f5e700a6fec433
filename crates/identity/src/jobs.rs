//! Scheduled work: forgetting what no limit looks back at any more.

use async_trait::async_trait;
use bus::{Handler, Job, JobContext, JobError};
use db::Tx;

use crate::{otp, sessions, staff};

/// Deletes challenges, failure counts and sessions that ended long ago. Once a day is often enough.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sweep;

impl Job for Sweep {
    const NAME: &'static str = "identity.sweep";
    type Payload = ();
}

#[async_trait]
impl Handler for Sweep {
    async fn run(&self, tx: &mut Tx, context: JobContext, (): ()) -> Result<(), JobError> {
        let challenges = otp::store::delete_old(tx, context.now).await?;
        let sessions = sessions::store::delete_old(tx, context.now).await?;
        staff::store::delete_old_failures(tx, context.now).await?;
        tracing::info!(challenges, sessions, "old challenges and sessions were swept");
        Ok(())
    }
}
