//! user → shopping: what is held of a user's cart and favourites.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{PortError, id::UserId};
use serde_json::Value;
use shopping::{CartApi, FavoriteApi};
use user::ports::PersonalData;

pub(crate) struct CartOfUser(pub(crate) Arc<dyn CartApi>);

#[async_trait]
impl PersonalData for CartOfUser {
    fn section(&self) -> &'static str {
        "cart"
    }

    async fn export(&self, user: UserId) -> Result<Value, PortError> {
        self.0.export(user).await.map_err(|e| PortError::new("shopping", e))
    }
}

pub(crate) struct FavoritesOfUser(pub(crate) Arc<dyn FavoriteApi>);

#[async_trait]
impl PersonalData for FavoritesOfUser {
    fn section(&self) -> &'static str {
        "favorites"
    }

    async fn export(&self, user: UserId) -> Result<Value, PortError> {
        self.0.export(user).await.map_err(|e| PortError::new("shopping", e))
    }
}
