//! From a cart to an order: the rules.

pub(crate) mod http;
pub(crate) mod service;
mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use kernel::{Money, id::ProductId};

use crate::{
    OrderError,
    order::{OrderLine, Totals},
    ports::{CartLine, Offer},
};

/// Freezes the cart's lines at today's names, prices and rates.
pub(crate) fn freeze(
    cart: &[CartLine],
    offers: &HashMap<ProductId, Offer>,
) -> Result<Vec<OrderLine>, OrderError> {
    let gone: Vec<ProductId> =
        cart.iter().map(|l| l.product).filter(|p| !offers.get(p).is_some_and(|o| o.sellable)).collect();
    if !gone.is_empty() {
        return Err(OrderError::ProductUnavailable(gone));
    }
    let offered = cart.iter().filter_map(|line| offers.get(&line.product).map(|offer| (line, offer)));
    offered.map(|(line, offer)| freeze_line(*line, offer)).collect()
}

fn freeze_line(line: CartLine, offer: &Offer) -> Result<OrderLine, OrderError> {
    if line.quantity < offer.min_quantity {
        return Err(OrderError::BelowMinimumQuantity {
            product: line.product,
            min_quantity: offer.min_quantity,
        });
    }
    Ok(OrderLine {
        product: line.product,
        code: offer.code.clone(),
        name: offer.name.clone(),
        size: offer.size.clone(),
        image_url: offer.image_url.clone(),
        quantity: line.quantity,
        unit_price: offer.price,
        line_total: offer.price.checked_mul(line.quantity)?,
        vat: offer.vat,
    })
}

/// The totals, if they are what the customer saw and reach the minimum.
pub(crate) fn total(
    lines: &[OrderLine],
    minimum: Money,
    expected: Option<Money>,
) -> Result<Totals, OrderError> {
    let totals = Totals::of(lines)?;
    let current = totals.gross;
    if let Some(expected) = expected.filter(|expected| *expected != current) {
        return Err(OrderError::PriceChanged { expected, current });
    }
    if current.amount() < minimum.amount() {
        return Err(OrderError::MinimumOrder { required: minimum, current });
    }
    Ok(totals)
}
