//! user → payment and order: what is held about the payments of a user's orders, of which payment itself knows no user.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{PortError, id::UserId};
use order::OrdersApi;
use payment::PaymentsApi;
use serde_json::Value;
use user::ports::PersonalData;

pub(crate) struct PaymentsOfUser {
    pub(crate) orders: Arc<dyn OrdersApi>,
    pub(crate) payments: Arc<dyn PaymentsApi>,
}

#[async_trait]
impl PersonalData for PaymentsOfUser {
    fn section(&self) -> &'static str {
        "payments"
    }

    async fn export(&self, user: UserId) -> Result<Value, PortError> {
        let orders = self.orders.ids_of(user).await.map_err(|e| PortError::new("order", e))?;
        self.payments.export(&orders).await.map_err(|e| PortError::new("payment", e))
    }
}
