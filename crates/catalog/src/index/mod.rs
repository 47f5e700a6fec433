//! The index: every product's few facts that lists are chosen by, in memory. Pure: it is told of products, and asked.
//!
//! Some eighty bytes a product, so that a question about a hundred thousand of them is one walk through some
//! megabytes. Nothing here is shown: what a page shows is read by id, once it is known which products it shows.

mod collation;
mod list;
pub(crate) mod live;
mod search;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kernel::{
    Language, UserType,
    id::{CategoryId, ProductId},
};

use crate::CategoryName;
use collation::SortKey;
use search::Words;

pub(crate) use list::Facets;
pub(crate) use search::{Matches, Meaning};

/// A product as the index is told of it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: ProductId,
    pub(crate) category: CategoryId,
    pub(crate) brand: String,
    pub(crate) badges: Vec<String>,
    pub(crate) active: bool,
    pub(crate) in_stock: bool,
    pub(crate) units_sold: i64,
    pub(crate) created_at: DateTime<Utc>,
    /// Gross, in grosz, by [`place_of`] the type of customer; none when it is not sold to them today.
    pub(crate) prices: [Option<i64>; 2],
    /// As shown, by the language's place: a missing one has fallen back.
    pub(crate) names: [String; 3],
    /// The folded words of its own name in each language; empty where it has none.
    pub(crate) name_words: [String; 3],
    /// The folded words of brand and size.
    pub(crate) other_words: String,
}

/// A category as the index is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shelf {
    pub(crate) id: CategoryId,
    pub(crate) slug: String,
    pub(crate) image_url: Option<String>,
    /// As shown, by the language's place.
    pub(crate) names: [String; 3],
    pub(crate) name_words: [String; 3],
}

/// What changed since the index was last told.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) changed: Vec<Entry>,
    pub(crate) removed: Vec<ProductId>,
    /// All of them, in shop order, when anything about categories changed.
    pub(crate) categories: Option<Vec<Shelf>>,
    /// More follow before anybody asks anything: names are put in order with the last.
    pub(crate) more: bool,
}

#[derive(Debug)]
struct Row {
    id: ProductId,
    /// Its category's place among the ids.
    category: usize,
    /// Its place among the brands.
    brand: usize,
    /// A bit for each badge, by its place.
    badges: u32,
    created_at: i64,
    units_sold: i64,
    prices: [Option<i64>; 2],
    /// Words in its own name, by language.
    name_lengths: [u8; 3],
    active: bool,
    in_stock: bool,
    /// The generation in which it last changed.
    changed: u64,
}

/// The products, each at a place that it keeps; what is removed stays as a row that is not active.
#[derive(Debug, Default)]
pub(crate) struct Index {
    rows: Vec<Row>,
    places: HashMap<ProductId, usize>,
    keys: Vec<[SortKey; 3]>,
    /// By language: the rows in the order of their names, and each row's place in it.
    by_name: [Vec<usize>; 3],
    name_ranks: [Vec<u32>; 3],
    names_changed: bool,
    brands: Vec<String>,
    brand_places: HashMap<String, usize>,
    badges: Vec<String>,
    words: Words,
    /// As the products came to name them.
    category_ids: Vec<CategoryId>,
    /// In shop order.
    categories: Vec<Shelf>,
    /// Raised with every change: an answer of an earlier generation may be outdated.
    generation: u64,
    categories_changed: u64,
}

/// Where a language's texts stand in an array of three.
pub(crate) const fn place(language: Language) -> usize {
    match language {
        Language::Tr => 0,
        Language::En => 1,
        Language::Pl => 2,
    }
}

/// Where a type of customer's price stands in an array of two.
pub(crate) const fn place_of(user_type: UserType) -> usize {
    match user_type {
        UserType::Individual => 0,
        UserType::Corporate => 1,
    }
}

impl Index {
    /// Takes the changes in.
    pub(crate) fn take(&mut self, changes: Changes) {
        let Changes { changed, removed, categories, more } = changes;
        self.generation += 1;
        if let Some(categories) = categories.filter(|categories| *categories != self.categories) {
            self.categories = categories;
            self.categories_changed = self.generation;
        }
        for entry in changed {
            let renamed = self.put(entry);
            self.names_changed |= renamed;
        }
        for id in removed {
            if let Some(row) = self.places.get(&id).and_then(|at| self.rows.get_mut(*at)) {
                row.active = false;
                row.changed = self.generation;
            }
        }
        if self.names_changed && !more {
            self.names_changed = false;
            for language in Language::ALL {
                self.order_names(place(language));
            }
        }
    }

    /// Whether a name is new.
    fn put(&mut self, entry: Entry) -> bool {
        let Entry { id, category, brand, badges, active, in_stock, units_sold, created_at, prices, .. } =
            entry;
        let keys = Language::ALL.map(|language| collation::key(language, &entry.names[place(language)]));
        let length = |words: &String| u8::try_from(words.split_ascii_whitespace().count()).unwrap_or(u8::MAX);
        let row = Row {
            id,
            category: self.category_place(category),
            brand: self.brand_place(brand),
            badges: badges.iter().fold(0, |bits, badge| bits | self.badge_bit(badge)),
            created_at: created_at.timestamp_micros(),
            units_sold,
            prices,
            name_lengths: [0, 1, 2].map(|language| length(&entry.name_words[language])),
            active,
            in_stock,
            changed: self.generation,
        };
        let at = *self.places.entry(id).or_insert(self.rows.len());
        self.words.put(at, &entry.name_words, &entry.other_words);
        if at == self.rows.len() {
            self.rows.push(row);
            self.keys.push(keys);
            return true;
        }
        self.rows[at] = row;
        let renamed = self.keys[at] != keys;
        self.keys[at] = keys;
        renamed
    }

    fn order_names(&mut self, language: usize) {
        let order = &mut self.by_name[language];
        let known = order.len();
        order.extend(known..self.rows.len());
        order.sort_by(|a, b| {
            (&self.keys[*a][language], self.rows[*a].id).cmp(&(&self.keys[*b][language], self.rows[*b].id))
        });
        let ranks = &mut self.name_ranks[language];
        ranks.resize(order.len(), 0);
        for (rank, at) in (0..).zip(order) {
            ranks[*at] = rank;
        }
    }

    fn category_place(&mut self, category: CategoryId) -> usize {
        self.category_ids.iter().position(|known| *known == category).unwrap_or_else(|| {
            self.category_ids.push(category);
            self.category_ids.len() - 1
        })
    }

    fn brand_place(&mut self, brand: String) -> usize {
        if let Some(place) = self.brand_places.get(&brand) {
            return *place;
        }
        self.brands.push(brand.clone());
        self.brand_places.insert(brand, self.brands.len() - 1);
        self.brands.len() - 1
    }

    /// The database knows a dozen badges; a thirty-third would be no filter.
    fn badge_bit(&mut self, badge: &str) -> u32 {
        let place = self.badges.iter().position(|known| known == badge).unwrap_or_else(|| {
            self.badges.push(badge.to_owned());
            self.badges.len() - 1
        });
        u32::try_from(place).ok().and_then(|place| 1u32.checked_shl(place)).unwrap_or(0)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// The generation in which the product, or how its category is called, last changed; `None` for an unknown one.
    pub(crate) fn changed(&self, product: ProductId) -> Option<u64> {
        let row = &self.rows[*self.places.get(&product)?];
        Some(row.changed.max(self.categories_changed))
    }

    /// The categories in shop order, each with how many products the list shows in it.
    pub(crate) fn categories(&self, user_type: UserType) -> Vec<(&Shelf, usize)> {
        let mut counts = vec![0; self.category_ids.len()];
        for row in self.listed(user_type) {
            counts[row.category] += 1;
        }
        self.categories.iter().map(|shelf| (shelf, self.count_of(shelf, &counts))).collect()
    }

    /// `counts` has a place for each of the ids.
    fn count_of(&self, shelf: &Shelf, counts: &[usize]) -> usize {
        let place = self.category_ids.iter().position(|id| *id == shelf.id);
        place.and_then(|place| counts.get(place)).copied().unwrap_or(0)
    }

    fn listed(&self, user_type: UserType) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.is_listed(place_of(user_type)))
    }

    /// What somebody who looks at `product` may like as well: of its category, what can be had before what cannot,
    /// its own brand before others, what sells well before what does not. `None` for a product that is not listed.
    pub(crate) fn related(
        &self,
        product: ProductId,
        user_type: UserType,
        limit: usize,
    ) -> Option<Vec<ProductId>> {
        let seen = &self.rows[*self.places.get(&product)?];
        if !seen.is_listed(place_of(user_type)) {
            return None;
        }
        let mut others: Vec<&Row> =
            self.listed(user_type).filter(|row| row.category == seen.category && row.id != seen.id).collect();
        others.sort_by_key(|row| (!row.in_stock, row.brand != seen.brand, -row.units_sold, row.id));
        Some(others.into_iter().take(limit).map(|row| row.id).collect())
    }
}

impl Row {
    fn is_listed(&self, user_type: usize) -> bool {
        self.active && self.prices[user_type].is_some()
    }
}

impl Shelf {
    pub(crate) fn name(&self, language: Language) -> CategoryName {
        CategoryName { slug: self.slug.clone(), name: self.names[place(language)].clone() }
    }
}
