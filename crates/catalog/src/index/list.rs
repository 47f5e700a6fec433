//! Which products a list shows, in which order, and what its facets count.

use std::collections::BinaryHeap;

use kernel::{Language, id::ProductId};

use super::{
    Index, NONE, bit, collation,
    columns::{ACTIVE, Columns, IN_STOCK, NOT_SOLD},
    place, place_of,
    search::Matches,
};
use crate::{
    Product, View,
    product::{After, Filter, Position, Selection, Sort},
};

/// One page of a list, and what can be said about all of them.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) page: Vec<Product>,
    /// Where the next page begins; `None` on the last.
    pub(crate) next: Option<After>,
    /// Products on all pages.
    pub(crate) total: usize,
    pub(crate) facets: Facets,
}

/// How many products the list would show if this value were chosen instead of what is chosen of its kind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Facets {
    /// Slug, name, count; in shop order.
    pub(crate) categories: Vec<(String, String, usize)>,
    /// The most frequent first.
    pub(crate) brands: Vec<(String, usize)>,
    pub(crate) badges: Vec<(String, usize)>,
    /// The lowest and the highest price, were there no limits to it.
    pub(crate) prices: Option<(i64, i64)>,
}

/// The kinds of filter, as bits: which of them keep a row off the list.
const CATEGORY: u8 = 1;
const BRAND: u8 = 2;
const BADGE: u8 = 4;
const PRICE: u8 = 8;
const STOCK: u8 = 16;
/// Not a filter: no list shows it. Above all the others together.
const GONE: u8 = 128;

/// Rows that are looked at together: their columns stay near the processor meanwhile.
const PART: usize = 1_024;

/// A filter in the index' own words; a value that it does not know fits no row.
struct Narrowed {
    category: Option<u16>,
    brand: Option<u16>,
    badge: Option<u16>,
    prices: (Option<i64>, Option<i64>),
    in_stock: bool,
}

#[derive(Default)]
struct Counts {
    total: usize,
    categories: Vec<usize>,
    brands: Vec<usize>,
    badges: [usize; 16],
    prices: Option<(i64, i64)>,
}

/// The first rows by key and id, one more than the page shows.
struct Best {
    /// The worst of those kept is on top, so that it makes room for a better one.
    heap: BinaryHeap<(i64, ProductId, usize)>,
    most: usize,
    /// Where the page before ended.
    bound: Option<(i64, ProductId)>,
    /// A row with a greater key has no chance.
    worst: i64,
}

impl Best {
    fn new(limit: usize, bound: Option<(i64, ProductId)>) -> Self {
        Self { heap: BinaryHeap::with_capacity(limit + 2), most: limit + 1, bound, worst: i64::MAX }
    }

    fn offer(&mut self, key: i64, columns: &Columns, at: usize) {
        if key > self.worst {
            return;
        }
        let candidate = (key, columns.ids[at], at);
        if self.bound.is_some_and(|bound| (key, columns.ids[at]) <= bound) {
            return;
        }
        if self.heap.len() == self.most {
            if self.heap.peek().is_some_and(|worst| candidate >= *worst) {
                return;
            }
            self.heap.pop();
        }
        self.heap.push(candidate);
        if self.heap.len() == self.most {
            self.worst = self.heap.peek().map_or(i64::MAX, |(key, ..)| *key);
        }
    }
}

impl Index {
    /// The page of `selection`, among the `matches` of its question if it asks one.
    pub(crate) fn list(&self, selection: &Selection, matches: Option<&Matches>, view: View) -> Found {
        let (columns, user_type) = (&self.columns, place_of(view.user_type));
        let alphabet = &self.alphabets[place(view.language)];
        let narrowed = self.narrowed(&selection.filter);
        let sort = selection.sort();
        let limit = selection.limit.get();
        let mut counts = Counts {
            categories: vec![0; self.category_ids.len()],
            brands: vec![0; self.brands.names.len()],
            ..Counts::default()
        };
        let mut best =
            Best::new(limit, selection.after.as_ref().map(|after| self.bound(after, view.language)));
        let key = |at: usize, price: i64, score: u32| match sort {
            Sort::Relevance => -i64::from(score),
            Sort::Price => price,
            Sort::PriceDown => -price,
            Sort::Newest => -columns.created_at[at],
            Sort::Bestselling => -columns.units_sold[at],
            Sort::Name => i64::from(alphabet.rank(at)),
        };
        let mut kept_off = Vec::with_capacity(PART);
        let mut see = |at: usize, price: i64, kept_off: u8, score: u32| {
            counts.count(columns, at, price, kept_off);
            if kept_off == 0 {
                best.offer(key(at, price, score), columns, at);
            }
        };
        match matches {
            Some(matches) => {
                for (at, score) in matches.rows() {
                    narrowed.keep_off(columns, (at, 1), user_type, &mut kept_off);
                    if let ([0..GONE], Some(price)) = (kept_off.as_slice(), columns.price(at, user_type)) {
                        see(at, price, kept_off[0], score);
                    }
                }
            }
            None => {
                for start in (0..self.shown.len()).step_by(PART) {
                    narrowed.keep_off(columns, (start, PART), user_type, &mut kept_off);
                    let (_, prices) = columns.part(start, PART, user_type);
                    for (at, (kept_off, price)) in (start..).zip(kept_off.iter().zip(prices)) {
                        // Two kinds of filter keep it off: it counts for none of them.
                        if *kept_off < GONE && kept_off & kept_off.wrapping_sub(1) == 0 {
                            see(at, i64::from(*price), *kept_off, 0);
                        }
                    }
                }
            }
        }
        let mut page = best.heap.into_sorted_vec();
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more).map(|(key, id, at)| After {
            sort,
            position: match sort {
                Sort::Name => Position::of_name(&collation::key(
                    view.language,
                    self.shown[*at].name(place(view.language)),
                )),
                _ => Position::Number(*key),
            },
            id: *id,
        });
        Found {
            page: page.into_iter().filter_map(|(_, _, at)| self.product_at(at, view)).collect(),
            next,
            total: counts.total,
            facets: self.facets(&counts, view.language),
        }
    }

    fn narrowed(&self, filter: &Filter) -> Narrowed {
        let Filter { category, brand, badge, min_price, max_price, in_stock } = filter;
        let category_of = |slug: &String| {
            let named = self.categories.iter().find(|category| category.slug == *slug);
            let place = named.and_then(|named| self.category_ids.iter().position(|id| *id == named.id));
            place.and_then(|place| u16::try_from(place).ok()).unwrap_or(NONE)
        };
        let badge_of = |badge: &String| self.badges.places.get(badge).map_or(0, |place| bit(*place));
        Narrowed {
            category: category.as_ref().map(category_of),
            brand: brand.as_ref().map(|brand| self.brands.places.get(brand).copied().unwrap_or(NONE)),
            badge: badge.as_ref().map(badge_of),
            prices: (*min_price, *max_price),
            in_stock: *in_stock,
        }
    }

    /// What comes after it is on the next page.
    fn bound(&self, after: &After, language: Language) -> (i64, ProductId) {
        match &after.position {
            Position::Number(key) => (*key, after.id),
            // Ranks shift as products come and go; the name itself stays where it is in the alphabet.
            Position::Name(name) => {
                let name_of = |at: usize| (self.shown[at].name(place(language)), self.columns.ids[at]);
                let last = (Position::name(name).into(), after.id);
                let seen = self.alphabets[place(language)].up_to(language, &last, name_of);
                (i64::try_from(seen).unwrap_or(i64::MAX) - 1, ProductId(uuid::Uuid::max()))
            }
        }
    }

    fn facets(&self, counts: &Counts, language: Language) -> Facets {
        let categories = self.categories.iter().filter_map(|shelf| {
            let count = self.count_of(shelf, &counts.categories);
            let name = shelf.name(language);
            (count > 0).then_some((name.slug, name.name, count))
        });
        let chosen = |names: &[String], counts: &[usize]| {
            let counted = names.iter().zip(counts).filter(|(name, count)| **count > 0 && !name.is_empty());
            let mut counted: Vec<_> = counted.map(|(name, count)| (name.clone(), *count)).collect();
            counted.sort_by(|(a, many), (b, few)| few.cmp(many).then_with(|| a.cmp(b)));
            counted
        };
        Facets {
            categories: categories.collect(),
            brands: chosen(&self.brands.names, &counts.brands),
            badges: chosen(&self.badges.names, &counts.badges),
            prices: counts.prices,
        }
    }
}

impl Narrowed {
    /// For each of so many rows from `start` on: which kinds of filter keep it off. Each filter is a loop of its own
    /// over a column, in which nothing depends on the row before: the machine looks at many rows at once.
    fn keep_off(
        &self,
        columns: &Columns,
        (start, most): (usize, usize),
        user_type: usize,
        kept_off: &mut Vec<u8>,
    ) {
        let (flags, prices) = columns.part(start, most, user_type);
        let bit = |off: bool, bit: u8| u8::from(off) * bit;
        let (lowest, highest) = self.prices;
        let limit = |limit: i64| i32::try_from(limit.max(0)).unwrap_or(i32::MAX);
        let (lowest, highest) = (lowest.map_or(0, limit), highest.map_or(i32::MAX, limit));
        kept_off.clear();
        kept_off.extend(flags.iter().zip(prices).map(|(flags, price)| {
            bit((flags & ACTIVE == 0) | (*price == NOT_SOLD), GONE)
                | bit((*price < lowest) | (*price > highest), PRICE)
        }));
        let other = |column: &[u16], wanted: Option<u16>, kind: u8, kept_off: &mut [u8]| {
            let Some(wanted) = wanted else { return };
            for (kept_off, value) in kept_off.iter_mut().zip(&column[start..]) {
                *kept_off |= bit(*value != wanted, kind);
            }
        };
        other(&columns.category, self.category, CATEGORY, kept_off);
        other(&columns.brand, self.brand, BRAND, kept_off);
        if let Some(badge) = self.badge {
            for (kept_off, badges) in kept_off.iter_mut().zip(&columns.badges[start..]) {
                *kept_off |= bit(badges & badge == 0, BADGE);
            }
        }
        if self.in_stock {
            for (kept_off, flags) in kept_off.iter_mut().zip(flags) {
                *kept_off |= bit(flags & IN_STOCK == 0, STOCK);
            }
        }
    }
}

impl Counts {
    /// A row counts for a facet when nothing but the choice of that very kind keeps it off the list.
    fn count(&mut self, columns: &Columns, at: usize, price: i64, kept_off: u8) {
        if kept_off == 0 {
            self.total += 1;
        }
        if kept_off & !CATEGORY == 0 {
            self.categories[usize::from(columns.category[at])] += 1;
        }
        if kept_off & !BRAND == 0 {
            self.brands[usize::from(columns.brand[at])] += 1;
        }
        if kept_off & !BADGE == 0 {
            let mut bits = columns.badges[at];
            while bits != 0 {
                let place = bits.trailing_zeros();
                self.badges[usize::try_from(place).unwrap_or(0)] += 1;
                bits &= bits - 1;
            }
        }
        if kept_off & !PRICE == 0 {
            let (lowest, highest) = self.prices.unwrap_or((price, price));
            self.prices = Some((lowest.min(price), highest.max(price)));
        }
    }
}
