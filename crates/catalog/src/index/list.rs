//! Which products a list shows, in which order, and what its facets count.

use std::collections::BinaryHeap;

use kernel::{Language, id::ProductId};

use super::{Index, NONE, bit, collation, columns::Columns, place, place_of, search::Matches};
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

impl Index {
    /// The page of `selection`, among the `matches` of its question if it asks one.
    pub(crate) fn list(&self, selection: &Selection, matches: Option<&Matches>, view: View) -> Found {
        let (columns, user_type) = (&self.columns, place_of(view.user_type));
        let alphabet = &self.alphabets[place(view.language)];
        let narrowed = self.narrowed(&selection.filter);
        let sort = selection.sort();
        let bound = selection.after.as_ref().map(|after| self.bound(after, view.language));
        let limit = selection.limit.get();
        let mut counts = Counts {
            categories: vec![0; self.category_ids.len()],
            brands: vec![0; self.brands.names.len()],
            ..Counts::default()
        };
        // The worst of those kept is on top, so that it makes room for a better one.
        let mut best: BinaryHeap<(i64, ProductId, usize)> = BinaryHeap::with_capacity(limit + 2);
        for at in 0..self.shown.len() {
            let score = matches.map_or(0, |matches| matches.score(at));
            if matches.is_some() && score == 0 {
                continue;
            }
            let Some(price) = columns.listed_at(at, user_type) else { continue };
            let kept_off = narrowed.kept_off(columns, at, price);
            counts.count(columns, at, price, kept_off);
            if kept_off != 0 {
                continue;
            }
            let key = match sort {
                Sort::Relevance => -i64::from(score),
                Sort::Price => price,
                Sort::PriceDown => -price,
                Sort::Newest => -columns.created_at[at],
                Sort::Bestselling => -columns.units_sold[at],
                Sort::Name => i64::from(alphabet.rank(at)),
            };
            let candidate = (key, columns.ids[at], at);
            if bound.is_some_and(|bound| (key, columns.ids[at]) <= bound) {
                continue;
            }
            if best.len() <= limit {
                best.push(candidate);
            } else if best.peek().is_some_and(|worst| candidate < *worst) {
                best.pop();
                best.push(candidate);
            }
        }
        let mut page = best.into_sorted_vec();
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
    fn kept_off(&self, columns: &Columns, at: usize, price: i64) -> u8 {
        let (lowest, highest) = self.prices;
        let bit = |kept_off: bool, bit: u8| if kept_off { bit } else { 0 };
        bit(self.category.is_some_and(|category| category != columns.category[at]), CATEGORY)
            | bit(self.brand.is_some_and(|brand| brand != columns.brand[at]), BRAND)
            | bit(self.badge.is_some_and(|badge| columns.badges[at] & badge == 0), BADGE)
            | bit(
                lowest.is_some_and(|lowest| price < lowest) || highest.is_some_and(|highest| price > highest),
                PRICE,
            )
            | bit(self.in_stock && !columns.is_in_stock(at), STOCK)
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
