//! order → shopping: what is in the customer's cart.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{PortError, UserType, id::UserId};
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
            lines: cart.lines.into_iter().map(line).collect(),
        }))
    }

    async fn refill(
        &self,
        user: UserId,
        user_type: UserType,
        lines: &[CartLine],
    ) -> Result<Vec<CartLine>, PortError> {
        let wanted: Vec<shopping::CartLine> =
            lines.iter().map(|l| shopping::CartLine { product: l.product, quantity: l.quantity }).collect();
        let stands = self.0.refill(user, user_type, &wanted).await;
        Ok(stands.map_err(|e| PortError::new("shopping", e))?.into_iter().map(line).collect())
    }
}

fn line(line: shopping::CartLine) -> CartLine {
    CartLine { product: line.product, quantity: line.quantity }
}
