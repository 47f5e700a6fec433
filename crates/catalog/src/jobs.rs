//! What comes round by itself.

use async_trait::async_trait;
use bus::{Handler, Job, JobContext, JobError};
use db::Tx;

use crate::standing::store;

/// Brings what was sold to where lists sort by it: now and then, because each time changes the products.
#[derive(Debug, Clone, Copy)]
pub struct AddUpSales;

impl Job for AddUpSales {
    const NAME: &'static str = "catalog.add_up_sales";
    type Payload = ();
}

#[async_trait]
impl Handler for AddUpSales {
    async fn run(&self, tx: &mut Tx, _: JobContext, (): ()) -> Result<(), JobError> {
        store::put_sales(tx).await?;
        Ok(())
    }
}
