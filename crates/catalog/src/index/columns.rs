//! What questions look at, column by column, and what is shown of a product, packed.

use std::collections::HashMap;

use kernel::{VatRate, id::ProductId};

pub(super) const ACTIVE: u8 = 1;
pub(super) const IN_STOCK: u8 = 2;
/// Instead of a price: not sold to such customers.
pub(super) const NOT_SOLD: i32 = -1;

/// Each a number for every product, by its place.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) ids: Vec<ProductId>,
    flags: Vec<u8>,
    /// The number of what it is: a shop has few different ones.
    kind_numbers: Vec<u32>,
    kinds: Vec<Kind>,
    numbers_of_kinds: HashMap<Kind, u32>,
    /// In grosz, by the type of customer. What would cost more than 21 million zloty is sold to nobody.
    prices: [Vec<i32>; 2],
    /// Microseconds.
    pub(super) created_at: Vec<i64>,
    pub(super) units_sold: Vec<i64>,
}

/// What many products have in common: all that facets count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub(super) category: u16,
    pub(super) brand: u16,
    /// A bit for each badge.
    pub(super) badges: u16,
}

pub(super) struct Row {
    pub(super) id: ProductId,
    pub(super) kind: Kind,
    pub(super) created_at: i64,
    pub(super) units_sold: i64,
    pub(super) prices: [Option<i64>; 2],
    pub(super) active: bool,
    pub(super) in_stock: bool,
}

impl Columns {
    /// At a place that is known, or at the next.
    pub(super) fn put(&mut self, at: usize, row: &Row) {
        fn set<T>(column: &mut Vec<T>, at: usize, value: T) {
            match column.get_mut(at) {
                Some(known) => *known = value,
                None => column.push(value),
            }
        }
        let flag = |flag: u8, holds: bool| if holds { flag } else { 0 };
        set(&mut self.ids, at, row.id);
        set(&mut self.flags, at, flag(ACTIVE, row.active) | flag(IN_STOCK, row.in_stock));
        let number = self.number(row.kind);
        set(&mut self.kind_numbers, at, number);
        set(&mut self.created_at, at, row.created_at);
        set(&mut self.units_sold, at, row.units_sold);
        for (column, price) in self.prices.iter_mut().zip(row.prices) {
            set(column, at, price.and_then(|price| i32::try_from(price).ok()).unwrap_or(NOT_SOLD));
        }
    }

    /// Nobody can buy it any more.
    pub(super) fn withdraw(&mut self, at: usize) {
        self.flags[at] = 0;
        for column in &mut self.prices {
            column[at] = NOT_SOLD;
        }
    }

    pub(super) fn price(&self, at: usize, user_type: usize) -> Option<i64> {
        Some(self.prices[user_type][at]).filter(|price| *price != NOT_SOLD).map(i64::from)
    }

    /// Flags, prices and numbers of the kinds of the rows from `start` on, at most as many as that.
    pub(super) fn part(&self, start: usize, most: usize, user_type: usize) -> (&[u8], &[i32], &[u32]) {
        let end = self.flags.len().min(start + most);
        (&self.flags[start..end], &self.prices[user_type][start..end], &self.kind_numbers[start..end])
    }

    /// Flags, price and number of the kind.
    pub(super) fn at(&self, at: usize, user_type: usize) -> (u8, i32, usize) {
        (self.flags[at], self.prices[user_type][at], self.kind_number(at))
    }

    fn number(&mut self, kind: Kind) -> u32 {
        let next = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        let number = *self.numbers_of_kinds.entry(kind).or_insert(next);
        if number == next {
            self.kinds.push(kind);
        }
        number
    }

    /// By their number.
    pub(super) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    pub(super) fn kind(&self, at: usize) -> Kind {
        self.kinds[self.kind_number(at)]
    }

    pub(super) fn kind_number(&self, at: usize) -> usize {
        usize::try_from(self.kind_numbers[at]).unwrap_or(usize::MAX)
    }

    /// Where a row of such a kind stands.
    pub(super) fn of_category(&self, category: u16) -> impl Iterator<Item = usize> {
        (0..self.ids.len()).filter(move |at| self.kind(*at).category == category)
    }

    /// The price at which a list shows it; `None` when none does.
    pub(super) fn listed_at(&self, at: usize, user_type: usize) -> Option<i64> {
        if self.is_active(at) { self.price(at, user_type) } else { None }
    }

    pub(super) fn is_active(&self, at: usize) -> bool {
        self.flags[at] & ACTIVE != 0
    }

    pub(super) fn is_in_stock(&self, at: usize) -> bool {
        self.flags[at] & IN_STOCK != 0
    }
}

/// What is shown of a product, beside what stands in columns.
#[derive(Debug)]
pub(super) struct Shown {
    /// Code, slug, names by language, size, picture (empty when there is none).
    pub(super) texts: Texts,
    /// By the type of customer.
    pub(super) min_quantities: [u32; 2],
    pub(super) quantity_per_box: u32,
    /// None: it has no price either.
    pub(super) vat: Option<VatRate>,
}

impl Shown {
    pub(super) fn name(&self, language: usize) -> &str {
        self.texts.get(2 + language)
    }
}

/// Seven texts in one piece of memory: a third of what seven strings take.
#[derive(Debug)]
pub(super) struct Texts {
    all: Box<str>,
    ends: [u32; 7],
}

impl Texts {
    pub(super) fn of(texts: [&str; 7]) -> Self {
        let mut ends = [0; 7];
        let mut end = 0u32;
        for (slot, text) in ends.iter_mut().zip(texts) {
            end = end.saturating_add(u32::try_from(text.len()).unwrap_or(u32::MAX));
            *slot = end;
        }
        Self { all: texts.concat().into_boxed_str(), ends }
    }

    pub(super) fn get(&self, text: usize) -> &str {
        let at = |end: u32| usize::try_from(end).unwrap_or(usize::MAX);
        let start = text.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| at(*end));
        let end = self.ends.get(text).map_or(start, |end| at(*end));
        self.all.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_texts_come_out_as_they_went_in() {
        let texts = ["105", "", "Çiğ köfte", "raw", "żółć", "500g", ""];
        let packed = Texts::of(texts);
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|at| packed.get(at)), texts);
        assert_eq!(packed.get(7), "");
    }
}
