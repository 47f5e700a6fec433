//! What shopping offers to others.

use async_trait::async_trait;
use kernel::id::{CartId, ProductId, UserId};

use crate::CartError;

#[async_trait]
pub trait CartApi: Send + Sync {
    /// What the customer's cart holds at this moment; `None` when there is nothing in it.
    ///
    /// Quantities as they were put in: whether they can be had, and at what price, is for the asker to find out.
    async fn cart_to_order(&self, user: UserId) -> Result<Option<CartContents>, CartError>;

    /// The customer's cart as it is held, for whoever asks what is held about her; null when there is none.
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
