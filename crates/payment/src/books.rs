//! Whether the books of money add up.

use async_trait::async_trait;
use audit::{Books, Violation};
use kernel::PortError;

use crate::{PaymentError, PaymentService, store};

#[async_trait]
impl Books for PaymentService {
    async fn violations(&self) -> Result<Vec<Violation>, PortError> {
        let found =
            async { Ok::<_, PaymentError>(store::list_violations(&mut *self.db.conn().await?).await?) };
        let found = found.await.map_err(|e| PortError::new("payment", e))?;
        Ok(found
            .into_iter()
            .map(|row| Violation {
                rule: row.rule,
                subject: row.subject,
                stands: row.stands,
                expected: row.expected,
            })
            .collect())
    }
}
