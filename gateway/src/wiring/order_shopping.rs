//! order → shopping: what is in the customer's cart.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{PortError, id::UserId};
use order::ports::{Cart, CartLine, Carts};
use shopping::CartApi;

pub(crate) struct CartsForOrder(pub(crate) Arc<dyn CartApi>);

#[async_trait]
impl Carts for CartsForOrder {
    async fn cart(&self, user: UserId) -> Result<Option<Cart>, PortError> {
        let cart = self.0.cart_to_order(user).await.map_err(|e| PortError::new("shopping", e))?;
        Ok(cart.map(|cart| Cart {
            id: cart.cart,
            revision: cart.revision,
            lines: cart.lines.iter().map(|l| CartLine { product: l.product, quantity: l.quantity }).collect(),
        }))
    }
}
