//! What a cart costs today, and what stands in the way of ordering it. Pure.

use std::collections::HashMap;

use kernel::{
    Money, MoneyError, UserType, VatLine, VatRate,
    id::{CartItemId, ProductId},
    totals_by_rate,
};

use super::{CartRules, Line};
use crate::ports::{Item, Offer};

/// Something about a line that its owner should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Warning {
    /// None can be had at the moment.
    OutOfStock,
    /// Some can be had, but fewer than the cart holds.
    LessAvailable,
    /// Fewer than this customer has to take.
    BelowMinimum,
    /// Not the price at which it was put in. The only one that does not keep from ordering.
    PriceChanged,
    /// No longer on sale.
    Unavailable,
}

/// A cart with today's prices.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quote {
    pub(crate) lines: Vec<QuotedLine>,
    pub(crate) summary: Summary,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QuotedLine {
    pub(crate) id: CartItemId,
    /// The catalogue's rendering; `None` when it knows the product no more.
    pub(crate) item: Option<Item>,
    pub(crate) quantity: u32,
    /// Today's; where there is none, the one at which it was put in.
    pub(crate) unit_price: Money,
    /// Zero for a line that is not on sale.
    pub(crate) total: Money,
    pub(crate) vat: Option<VatRate>,
    pub(crate) available: u32,
    pub(crate) warnings: Vec<Warning>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// All lines, also those that are not on sale.
    pub(crate) lines: usize,
    /// Units on lines that are on sale.
    pub(crate) quantity: u32,
    pub(crate) net: Money,
    pub(crate) vat: Money,
    pub(crate) gross: Money,
    pub(crate) by_rate: Vec<VatLine>,
    pub(crate) minimum_order: Money,
    /// What the cart has to grow by to be ordered.
    pub(crate) missing: Money,
    pub(crate) can_checkout: bool,
}

impl Warning {
    fn blocks(self) -> bool {
        self != Self::PriceChanged
    }
}

/// Prices `lines` by `offers`.
pub(super) fn quote(
    lines: &[Line],
    offers: &HashMap<ProductId, Offer>,
    rules: CartRules,
    user_type: UserType,
) -> Result<Quote, MoneyError> {
    let lines: Vec<QuotedLine> =
        lines.iter().map(|line| quote_line(line, offers.get(&line.product))).collect::<Result<_, _>>()?;
    let summary = summarize(&lines, rules.minimum_order_of(user_type))?;
    Ok(Quote { lines, summary })
}

fn quote_line(line: &Line, offer: Option<&Offer>) -> Result<QuotedLine, MoneyError> {
    let quantity = line.quantity.get();
    let sold = offer.filter(|offer| offer.sellable);
    Ok(QuotedLine {
        id: line.id,
        item: offer.map(|offer| offer.item.clone()),
        quantity,
        unit_price: offer.map_or(line.price_seen, |offer| offer.price),
        total: sold.map_or(Ok(Money::grosz(0)), |offer| offer.price.checked_mul(quantity))?,
        vat: offer.map(|offer| offer.vat),
        available: sold.map_or(0, |offer| offer.available),
        warnings: sold.map_or(vec![Warning::Unavailable], |offer| warnings(line, offer)),
    })
}

fn warnings(line: &Line, offer: &Offer) -> Vec<Warning> {
    let quantity = line.quantity.get();
    [
        (offer.available == 0, Warning::OutOfStock),
        (0 < offer.available && offer.available < quantity, Warning::LessAvailable),
        (quantity < offer.min_quantity, Warning::BelowMinimum),
        (line.price_seen != offer.price, Warning::PriceChanged),
    ]
    .into_iter()
    .filter_map(|(holds, warning)| holds.then_some(warning))
    .collect()
}

fn summarize(lines: &[QuotedLine], minimum_order: Money) -> Result<Summary, MoneyError> {
    let sold = || lines.iter().filter(|line| !line.warnings.contains(&Warning::Unavailable));
    let by_rate = totals_by_rate(sold().filter_map(|line| Some((line.vat?, line.total))))?;
    let sum = |part: fn(&VatLine) -> Money| {
        by_rate.iter().try_fold(Money::grosz(0), |sum, rate| sum.checked_add(part(rate)))
    };
    let gross = sum(|rate| rate.gross)?;
    let missing = Money::grosz(minimum_order.checked_sub(gross)?.amount().max(0));
    let blocked = lines.iter().flat_map(|line| &line.warnings).any(|warning| warning.blocks());
    Ok(Summary {
        lines: lines.len(),
        quantity: sold().map(|line| line.quantity).sum(),
        net: sum(|rate| rate.net)?,
        vat: sum(|rate| rate.vat)?,
        gross,
        minimum_order,
        missing,
        can_checkout: !lines.is_empty() && missing.amount() == 0 && !blocked,
        by_rate,
    })
}
