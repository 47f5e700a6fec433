//! What questions look at, column by column, and what is shown of a product, packed.

use std::{
    collections::{BTreeSet, HashMap},
    ops::RangeInclusive,
};

use kernel::{VatRate, id::ProductId};

use super::{
    order::{Order, index},
    priced::Priced,
};

const ACTIVE: u8 = 1;
const IN_STOCK: u8 = 2;
/// Instead of a price: not sold to such customers.
const NOT_SOLD: i32 = -1;

/// Each a number for every product, by its place; and the orders that go by them.
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
    created_at: Vec<i64>,
    units_sold: Vec<i64>,
    /// By the number of the kind.
    priced: Vec<Priced>,
    /// The numbers of the kinds whose products changed.
    changed: BTreeSet<u32>,
    orders: [Order; Key::ALL.len()],
}

/// What an order goes by; the smallest first, and among equals the smallest id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Id,
    Price { user_type: usize },
    PriceDown { user_type: usize },
    Newest,
    Bestselling,
}

impl Key {
    const ALL: [Self; 7] = [
        Self::Id,
        Self::Price { user_type: 0 },
        Self::Price { user_type: 1 },
        Self::PriceDown { user_type: 0 },
        Self::PriceDown { user_type: 1 },
        Self::Newest,
        Self::Bestselling,
    ];
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
        let keys = self.keys(at);
        if let Some(kind) = self.kind_numbers.get(at) {
            self.changed.insert(*kind);
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
        self.changed.insert(number);
        for user_type in 0..2 {
            if let Some(price) = self.listed_at(at, user_type) {
                self.priced[index(number)].push(user_type, row.in_stock, price, at);
            }
        }
        self.note_moves(at, keys);
    }

    /// Nobody can buy it any more.
    pub(super) fn withdraw(&mut self, at: usize) {
        let keys = self.keys(at);
        self.changed.insert(self.kind_numbers[at]);
        self.flags[at] = 0;
        for column in &mut self.prices {
            column[at] = NOT_SOLD;
        }
        self.note_moves(at, keys);
    }

    /// Puts in order what changed.
    pub(super) fn rearrange(&mut self) {
        let mut priced = std::mem::take(&mut self.priced);
        for number in std::mem::take(&mut self.changed) {
            priced[index(number)].rearrange(|user_type, in_stock, price, at| {
                self.listed_at(at, user_type) == Some(price)
                    && self.is_in_stock(at) == in_stock
                    && self.kind_numbers[at] == number
            });
        }
        self.priced = priced;
        let mut orders = std::mem::take(&mut self.orders);
        for (order, key) in orders.iter_mut().zip(Key::ALL) {
            order.rearrange(self.ids.len(), |at| (self.key(at, key), self.ids[at]));
        }
        self.orders = orders;
    }

    /// By each key, of a place that is known.
    fn keys(&self, at: usize) -> Option<[i64; Key::ALL.len()]> {
        (at < self.ids.len()).then(|| Key::ALL.map(|key| self.key(at, key)))
    }

    fn note_moves(&mut self, at: usize, before: Option<[i64; Key::ALL.len()]>) {
        let now = Key::ALL.map(|key| self.key(at, key));
        for (place, order) in self.orders.iter_mut().enumerate() {
            if before.is_none_or(|before| before[place] != now[place]) {
                order.moved(at);
            }
        }
    }

    pub(super) fn key(&self, at: usize, key: Key) -> i64 {
        match key {
            Key::Id => 0,
            Key::Price { user_type } => self.prices[user_type][at].into(),
            Key::PriceDown { user_type } => -i64::from(self.prices[user_type][at]),
            Key::Newest => -self.created_at[at],
            Key::Bestselling => -self.units_sold[at],
        }
    }

    pub(super) fn order(&self, key: Key) -> &Order {
        let place = Key::ALL.iter().position(|known| *known == key).unwrap_or(0);
        &self.orders[place]
    }

    fn number(&mut self, kind: Kind) -> u32 {
        let next = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        let number = *self.numbers_of_kinds.entry(kind).or_insert(next);
        if number == next {
            self.kinds.push(kind);
            self.priced.push(Priced::default());
        }
        number
    }

    /// By their number.
    pub(super) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Each with what lists show of it.
    pub(super) fn priced(&self) -> impl Iterator<Item = (&Kind, &Priced)> {
        self.kinds.iter().zip(&self.priced)
    }

    pub(super) fn kind(&self, at: usize) -> Kind {
        self.kinds[self.kind_number(at)]
    }

    pub(super) fn kind_number(&self, at: usize) -> usize {
        index(self.kind_numbers[at])
    }

    /// Where those of a category stand that lists show to such customers.
    pub(super) fn of_category(&self, category: u16, user_type: usize) -> impl Iterator<Item = usize> {
        let kinds = self.priced().filter(move |(kind, _)| kind.category == category);
        kinds.flat_map(move |(_, priced)| priced.places(user_type, &ANY_PRICE, false))
    }

    /// The rows of all of a category, ascending.
    pub(super) fn rows_of(&self, category: u16) -> impl Iterator<Item = usize> {
        let of: Vec<bool> = self.kinds().iter().map(|kind| kind.category == category).collect();
        let numbers = self.kind_numbers.iter().enumerate();
        numbers.filter_map(move |(at, number)| of[index(*number)].then_some(at))
    }

    pub(super) fn price(&self, at: usize, user_type: usize) -> Option<i64> {
        Some(self.prices[user_type][at]).filter(|price| *price != NOT_SOLD).map(i64::from)
    }

    /// The price at which a list shows it; `None` when none does.
    pub(super) fn listed_at(&self, at: usize, user_type: usize) -> Option<i32> {
        let price = self.prices[user_type][at];
        (self.is_active(at) && price != NOT_SOLD).then_some(price)
    }

    pub(super) fn is_active(&self, at: usize) -> bool {
        self.flags[at] & ACTIVE != 0
    }

    pub(super) fn is_in_stock(&self, at: usize) -> bool {
        self.flags[at] & IN_STOCK != 0
    }
}

pub(super) const ANY_PRICE: RangeInclusive<i32> = 0..=i32::MAX;

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
