//! What shopping offers to others.

use async_trait::async_trait;
use kernel::{
    UserType,
    id::{CartId, ProductId, UserId},
};

use crate::CartError;

#[async_trait]
pub trait CartApi: Send + Sync {
    /// What the customer's cart holds at this moment; `None` when there is nothing in it.
    ///
    /// Quantities as they were put in: whether they can be had, and at what price, is for the asker to find out.
    async fn cart_to_order(&self, user: UserId) -> Result<Option<CartContents>, CartError>;

    /// Puts these into the customer's cart, as far as they can be had: at least as many of each as are wanted, never more
    /// than there is room for. Asked again, it changes nothing. The cart's lines of these products then.
    async fn refill(
        &self,
        user: UserId,
        user_type: UserType,
        wanted: &[CartLine],
    ) -> Result<Vec<CartLine>, CartError>;

    /// The customer's cart as it is held, for whoever asks what is held about her; null when there is none.
    async fn export(&self, user: UserId) -> Result<serde_json::Value, CartError>;
}

#[async_trait]
pub trait GuestApi: Send + Sync {
    /// Makes the customer's what the guest with this token has, and ends the guest's session: once, however often it
    /// is asked. Quantities are added, as far as the units can be had and the cart has room.
    ///
    /// Asked again for the same customer it tells the same; `None` for a token that is unknown, over, or was taken
    /// along by somebody else.
    async fn migrate(
        &self,
        token: &str,
        user: UserId,
        user_type: UserType,
    ) -> Result<Option<Migrated>, CartError>;
}

/// What came along with a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// Lines of the cart.
    pub cart_items: i32,
    /// Favourites that the customer did not have yet.
    pub favorites: i32,
}

#[async_trait]
pub trait FavoriteApi: Send + Sync {
    /// The customer's favourites, for whoever asks what is held about her.
    async fn export(&self, user: UserId) -> Result<serde_json::Value, CartError>;
}

/// A cart as it stood at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartContents {
    pub cart: CartId,
    /// Raised by every change: the same revision of a cart is the same contents.
    pub revision: i64,
    /// At least one; each product once, in the order in which they were first put in.
    pub lines: Vec<CartLine>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CartLine {
    pub product: ProductId,
    /// 1 to 9,999.
    pub quantity: u32,
}
