//! Whether the books of stock add up.

use async_trait::async_trait;
use audit::{Books, Violation};
use kernel::PortError;

use crate::{StockService, stock::store};

#[async_trait]
impl Books for StockService {
    async fn violations(&self) -> Result<Vec<Violation>, PortError> {
        self.list_violations().await.map_err(|e| PortError::new("inventory", e))
    }
}

impl From<store::ViolationRow> for Violation {
    fn from(row: store::ViolationRow) -> Self {
        let store::ViolationRow { rule, subject, stands, expected } = row;
        Self { rule, subject, stands: stands.to_string(), expected: expected.to_string() }
    }
}
