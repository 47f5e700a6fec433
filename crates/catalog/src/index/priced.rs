//! What lists show, by kind and price: how many products fit a question is told without looking at each.

use std::ops::RangeInclusive;

use super::order::index;

/// Prices in grosz, each with the place of the product, ascending.
type Prices = Vec<(i32, u32)>;

/// The listed products of one kind, by type of customer; those that can be had apart from those that cannot.
#[derive(Debug, Default)]
pub(super) struct Priced([Stocked; 2]);

#[derive(Debug, Default)]
struct Stocked {
    there: Prices,
    sold_out: Prices,
}

impl Priced {
    /// They are in order only after [`Self::rearrange`].
    pub(super) fn push(&mut self, user_type: usize, in_stock: bool, price: i32, at: usize) {
        let Stocked { there, sold_out } = &mut self.0[user_type];
        let Ok(at) = u32::try_from(at) else { return };
        if in_stock { there.push((price, at)) } else { sold_out.push((price, at)) }
    }

    /// Puts what was pushed in order, and drops what holds no longer: `holds` is told of type of customer, stock, price, place.
    pub(super) fn rearrange(&mut self, holds: impl Fn(usize, bool, i32, usize) -> bool) {
        for (user_type, Stocked { there, sold_out }) in self.0.iter_mut().enumerate() {
            for (prices, in_stock) in [(there, true), (sold_out, false)] {
                prices.retain(|(price, at)| holds(user_type, in_stock, *price, index(*at)));
                prices.sort_unstable();
                prices.dedup();
            }
        }
    }

    /// The places of those with such prices, only what can be had if that is wanted.
    pub(super) fn places(
        &self,
        user_type: usize,
        prices: &RangeInclusive<i32>,
        only_in_stock: bool,
    ) -> impl Iterator<Item = usize> {
        self.runs(user_type, only_in_stock).flat_map(|run| within(run, prices)).map(|(_, at)| index(*at))
    }

    pub(super) fn count(&self, user_type: usize, prices: &RangeInclusive<i32>, only_in_stock: bool) -> usize {
        self.runs(user_type, only_in_stock).map(|run| within(run, prices).len()).sum()
    }

    /// The lowest and the highest price.
    pub(super) fn extremes(&self, user_type: usize, only_in_stock: bool) -> Option<(i32, i32)> {
        let runs = self.runs(user_type, only_in_stock);
        let extremes = runs.filter_map(|run| Some((run.first()?.0, run.last()?.0)));
        extremes.reduce(|(low, high), (lower, higher)| (low.min(lower), high.max(higher)))
    }

    fn runs(&self, user_type: usize, only_in_stock: bool) -> impl Iterator<Item = &Prices> {
        let Stocked { there, sold_out } = &self.0[user_type];
        [Some(there), (!only_in_stock).then_some(sold_out)].into_iter().flatten()
    }
}

fn within<'a>(run: &'a Prices, prices: &RangeInclusive<i32>) -> &'a [(i32, u32)] {
    let start = run.partition_point(|(price, _)| price < prices.start());
    let end = run.partition_point(|(price, _)| price <= prices.end());
    run.get(start..end).unwrap_or_default()
}
