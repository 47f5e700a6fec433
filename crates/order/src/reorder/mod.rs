//! Buying the same again: an order's lines back into the cart, as far as they can be had today.

pub(crate) mod http;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use kernel::{
    UserType,
    id::{OrderId, ProductId, UserId},
};

use crate::{OrderError, OrderLine, OrderService};

/// What became of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refilled {
    pub(crate) line: OrderLine,
    /// Units of it in the cart now.
    pub(crate) in_cart: u32,
}

impl OrderService {
    /// The cart then holds at least what was ordered, of what can be had. Asked again, it changes nothing.
    pub(crate) async fn reorder(
        &self,
        user: UserId,
        user_type: UserType,
        id: OrderId,
    ) -> Result<Vec<Refilled>, OrderError> {
        let order = self.order(user, id).await?;
        let stands = self.ports.carts.refill(user, user_type, &order.cart_lines()).await?;
        let stands: HashMap<ProductId, u32> =
            stands.into_iter().map(|line| (line.product, line.quantity)).collect();
        let refilled = |line: OrderLine| {
            let in_cart = stands.get(&line.product).copied().unwrap_or(0);
            Refilled { line, in_cart }
        };
        Ok(order.lines.into_iter().map(refilled).collect())
    }
}
