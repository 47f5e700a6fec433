//! user → order: what is held about a user's orders.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{PortError, id::UserId};
use order::OrdersApi;
use serde_json::Value;
use user::ports::PersonalData;

pub(crate) struct OrdersOfUser(pub(crate) Arc<dyn OrdersApi>);

#[async_trait]
impl PersonalData for OrdersOfUser {
    fn section(&self) -> &'static str {
        "orders"
    }

    async fn export(&self, user: UserId) -> Result<Value, PortError> {
        self.0.export(user).await.map_err(|e| PortError::new("order", e))
    }
}
