//! The cart and its rules. Pure: no clock, no database, no HTTP.

#[cfg(test)]
mod changing_tests;
pub(crate) mod http;
pub(crate) mod quote;
pub(crate) mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kernel::{
    Money, UserType,
    id::{CartId, CartItemId, GuestId, ProductId, UserId},
};

use crate::{CartError, CartLine, ports::Offer};

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

/// Whose cart and whose favourites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    User(UserId),
    Guest(GuestId),
}

/// A cart at one revision; before anything was put in, revision 0.
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

    /// Adds to the line of the offered product, or begins one.
    ///
    /// Stock is looked at, not taken: that happens when the order is placed.
    pub(crate) fn add(
        &mut self,
        offer: Option<&Offer>,
        product: ProductId,
        quantity: Quantity,
        now: DateTime<Utc>,
    ) -> Result<Change, CartError> {
        let offer = offer.filter(|offer| offer.sellable).ok_or(CartError::ProductNotFound(product))?;
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
            return Ok(Change { put: vec![*line], ..Change::default() });
        }
        if self.lines.len() >= Self::MAX_LINES {
            return Err(CartError::CartFull { max: Self::MAX_LINES });
        }
        let id = CartItemId::generate(now);
        let line = Line { id, product: offer.product, quantity: sum, price_seen: offer.price, added_at: now };
        self.lines.push(line);
        Ok(Change { put: vec![line], ..Change::default() })
    }

    /// Sets the quantity of lines, all or none.
    pub(crate) fn set(
        &mut self,
        wanted: &[(CartItemId, Quantity)],
        offers: &HashMap<ProductId, Offer>,
    ) -> Result<Change, CartError> {
        let mut change = Change::default();
        for (id, quantity) in wanted {
            let line = self.lines.iter_mut().find(|line| line.id == *id).ok_or(CartError::ItemNotFound)?;
            let offer = offers.get(&line.product).filter(|offer| offer.sellable);
            let offer = offer.ok_or(CartError::ProductNotFound(line.product))?;
            if quantity.get() > offer.available {
                let (requested, available, in_cart) = (quantity.get(), offer.available, line.quantity.get());
                return Err(CartError::InsufficientStock { requested, available, in_cart });
            }
            if quantity.get() < offer.min_quantity {
                return Err(CartError::MinQuantity { min_quantity: offer.min_quantity });
            }
            (line.quantity, line.price_seen) = (*quantity, offer.price);
            change.put.push(*line);
        }
        Ok(change)
    }

    pub(crate) fn remove(&mut self, item: CartItemId) -> Result<Change, CartError> {
        let at = self.lines.iter().position(|line| line.id == item).ok_or(CartError::ItemNotFound)?;
        self.lines.remove(at);
        Ok(Change { gone: vec![item], ..Change::default() })
    }

    pub(crate) fn clear(&mut self) -> Change {
        Change { gone: self.lines.drain(..).map(|line| line.id).collect(), ..Change::default() }
    }

    /// Brings each of these up to as many as are wanted, as far as the units can be had and the cart has room. What is in
    /// the cart already never becomes less.
    pub(crate) fn refill(
        &mut self,
        wanted: &[CartLine],
        offers: &HashMap<ProductId, Offer>,
        now: DateTime<Utc>,
    ) -> Change {
        let mut change = Change::default();
        for want in wanted {
            let Some(offer) = offers.get(&want.product).filter(|offer| offer.sellable) else { continue };
            let most = want.quantity.max(offer.min_quantity).min(offer.available);
            let Ok(quantity) = Quantity::new(i64::from(most.min(Quantity::MAX.into()))) else { continue };
            if quantity.get() < offer.min_quantity {
                continue;
            }
            let room = self.lines.len() < Self::MAX_LINES;
            match self.lines.iter_mut().find(|line| line.product == want.product) {
                Some(line) if line.quantity >= quantity => {}
                Some(line) => {
                    (line.quantity, line.price_seen) = (quantity, offer.price);
                    change.put.push(*line);
                }
                None if room => {
                    let (id, product) = (CartItemId::generate(now), want.product);
                    let line = Line { id, product, quantity, price_seen: offer.price, added_at: now };
                    self.lines.push(line);
                    change.put.push(line);
                }
                None => {}
            }
        }
        change
    }

    /// Takes a guest's lines over: quantities are added, as far as the units can be had and the cart has room. What is
    /// in the cart already never becomes less; what cannot be had at all stays behind.
    pub(crate) fn take_over(
        &mut self,
        guest: &[Line],
        offers: &HashMap<ProductId, Offer>,
        now: DateTime<Utc>,
    ) -> Change {
        let mut change = Change::default();
        for theirs in guest {
            let room = self.lines.len() < Self::MAX_LINES;
            // A product that nobody could tell of just now is judged when the cart is read.
            let most = offers
                .get(&theirs.product)
                .map_or(u32::from(Quantity::MAX), |offer| if offer.sellable { offer.available } else { 0 });
            let known = self.lines.iter_mut().find(|line| line.product == theirs.product);
            let held = known.as_ref().map_or(0, |line| line.quantity.get());
            let sum = (held + theirs.quantity.get()).min(most).min(u32::from(Quantity::MAX)).max(held);
            let Ok(quantity) = Quantity::new(sum.into()) else { continue };
            match known {
                Some(line) => {
                    line.quantity = quantity;
                    change.put.push(*line);
                }
                None if room => {
                    let line = Line { id: CartItemId::generate(now), quantity, ..*theirs };
                    self.lines.push(line);
                    change.put.push(line);
                }
                None => {}
            }
        }
        change
    }
}

/// What a use case does to the lines of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Change {
    /// As they are now.
    pub(crate) put: Vec<Line>,
    pub(crate) gone: Vec<CartItemId>,
}

impl Change {
    /// Takes `bought` out of `lines`. What is no longer in the cart need not be taken out.
    pub(crate) fn without(lines: &[Line], bought: impl IntoIterator<Item = (ProductId, u32)>) -> Self {
        let mut units: HashMap<ProductId, u32> = HashMap::new();
        for (product, quantity) in bought {
            let sum = units.entry(product).or_default();
            *sum = sum.saturating_add(quantity);
        }
        let mut change = Self::default();
        for line in lines {
            let Some(bought) = units.get(&line.product).filter(|units| **units > 0) else { continue };
            let left = i64::from(line.quantity.get()) - i64::from(*bought);
            match Quantity::new(left) {
                Ok(quantity) => change.put.push(Line { quantity, ..*line }),
                Err(_) => change.gone.push(line.id),
            }
        }
        change
    }

    pub(crate) fn is_none(&self) -> bool {
        self.gone.is_empty() && self.put.is_empty()
    }
}
