//! identity → shopping: what a guest had comes along into the account.

use std::sync::Arc;

use async_trait::async_trait;
use identity::ports::{GuestData, MovedGuestData};
use kernel::{PortError, UserType, id::UserId};
use shopping::GuestApi;

pub(crate) struct GuestsForIdentity(pub(crate) Arc<dyn GuestApi>);

#[async_trait]
impl GuestData for GuestsForIdentity {
    async fn migrate(
        &self,
        token: &str,
        user: UserId,
        user_type: UserType,
    ) -> Result<Option<MovedGuestData>, PortError> {
        let moved = self.0.migrate(token, user, user_type).await;
        let moved = moved.map_err(|e| PortError::new("shopping", e))?;
        Ok(moved.map(|moved| MovedGuestData { cart_items: moved.cart_items, favorites: moved.favorites }))
    }
}
