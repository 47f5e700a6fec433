//! The cart and its rules. Pure: no clock, no database, no HTTP.

pub(crate) mod http;
pub(crate) mod quote;
pub(crate) mod service;
mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kernel::{
    Money, UserType,
    id::{CartId, CartItemId, ProductId},
};

use crate::{CartError, ports::Offer};

/// The numbers the shop may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CartRules {
    /// The least gross value of an individual's order; companies order for as little as they like.
    pub minimum_order: Money,
}

impl CartRules {
    fn minimum_order_of(self, user_type: UserType) -> Money {
        match user_type {
            UserType::Individual => self.minimum_order,
            UserType::Corporate => Money::grosz(0),
        }
    }
}

/// A customer's cart at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cart {
    pub(crate) id: CartId,
    pub(crate) revision: i64,
    /// Each product once.
    pub(crate) lines: Vec<Line>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: CartItemId,
    pub(crate) product: ProductId,
    pub(crate) quantity: Quantity,
    /// What one unit cost when the line was last added to.
    pub(crate) price_seen: Money,
    pub(crate) added_at: DateTime<Utc>,
}

/// Units on one line: 1 to 9,999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quantity(u16);

impl Quantity {
    pub(crate) const MAX: u16 = 9_999;

    pub(crate) fn new(n: i64) -> Result<Self, CartError> {
        let n = u16::try_from(n).map_err(|_| CartError::QuantityOutOfRange)?;
        if (1..=Self::MAX).contains(&n) { Ok(Self(n)) } else { Err(CartError::QuantityOutOfRange) }
    }

    pub(crate) fn get(self) -> u32 {
        u32::from(self.0)
    }
}

impl Cart {
    pub(crate) const MAX_LINES: usize = 100;

    /// Adds to the line of the offered product, or begins one. Returns the line as it is now.
    ///
    /// Stock is looked at, not taken: that happens when the order is placed.
    pub(crate) fn add(
        &mut self,
        offer: &Offer,
        quantity: Quantity,
        now: DateTime<Utc>,
    ) -> Result<Line, CartError> {
        if !offer.sellable {
            return Err(CartError::ProductNotFound(offer.product));
        }
        let known = self.lines.iter_mut().find(|line| line.product == offer.product);
        let in_cart = known.as_ref().map_or(0, |line| line.quantity.get());
        let sum = Quantity::new(i64::from(in_cart + quantity.get()))?;
        if sum.get() > offer.available {
            let (requested, available) = (quantity.get(), offer.available);
            return Err(CartError::InsufficientStock { requested, available, in_cart });
        }
        if sum.get() < offer.min_quantity {
            return Err(CartError::MinQuantity { min_quantity: offer.min_quantity });
        }
        if let Some(line) = known {
            (line.quantity, line.price_seen) = (sum, offer.price);
            return Ok(*line);
        }
        if self.lines.len() >= Self::MAX_LINES {
            return Err(CartError::CartFull { max: Self::MAX_LINES });
        }
        let id = CartItemId::generate(now);
        let line = Line { id, product: offer.product, quantity: sum, price_seen: offer.price, added_at: now };
        self.lines.push(line);
        Ok(line)
    }
}

/// What is left of a cart's lines when some of it was bought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Remainder {
    /// Lines that were bought whole.
    pub(crate) gone: Vec<CartItemId>,
    /// Lines of which more was put in than was bought.
    pub(crate) reduced: Vec<Line>,
}

impl Remainder {
    /// Takes `bought` out of `lines`. What is no longer in the cart need not be taken out.
    pub(crate) fn of(lines: &[Line], bought: impl IntoIterator<Item = (ProductId, u32)>) -> Self {
        let mut units: HashMap<ProductId, u32> = HashMap::new();
        for (product, quantity) in bought {
            let sum = units.entry(product).or_default();
            *sum = sum.saturating_add(quantity);
        }
        let mut remainder = Self::default();
        for line in lines {
            let Some(bought) = units.get(&line.product).filter(|units| **units > 0) else { continue };
            let left = i64::from(line.quantity.get()) - i64::from(*bought);
            match Quantity::new(left) {
                Ok(quantity) => remainder.reduced.push(Line { quantity, ..*line }),
                Err(_) => remainder.gone.push(line.id),
            }
        }
        remainder
    }

    pub(crate) fn changes_nothing(&self) -> bool {
        self.gone.is_empty() && self.reduced.is_empty()
    }
}
