//! The index: what lists and carts need of every product, in memory. Pure: it is told of products, and asked.
//!
//! What lists are made of stands in columns of a few bytes each, counted beforehand by kind and price and arranged by
//! what lists are sorted by, so that a list of a hundred thousand products costs about what one of a thousand does. What
//! is shown of a product stands apart, packed, and is read for those on the page only.

mod collation;
mod columns;
mod list;
pub(crate) mod live;
mod names;
mod order;
mod priced;
mod search;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kernel::{
    Language, Money, UserType, VatRate,
    id::{CategoryId, ProductId},
};

use crate::{CategoryName, Product, View};
use columns::{ANY_PRICE, Columns, Key, Kind, Shown, Texts};
use names::Alphabet;
use search::Words;

pub(crate) use list::Facets;
pub(crate) use search::Meaning;

/// A product as the index is told of it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: ProductId,
    pub(crate) code: String,
    pub(crate) slug: String,
    pub(crate) category: CategoryId,
    pub(crate) brand: String,
    pub(crate) size: String,
    pub(crate) image_url: Option<String>,
    pub(crate) quantity_per_box: u32,
    pub(crate) badges: Vec<String>,
    pub(crate) active: bool,
    pub(crate) in_stock: bool,
    pub(crate) units_sold: i64,
    pub(crate) created_at: DateTime<Utc>,
    /// What each type of customer pays today, by its place; none when it is not sold to them.
    pub(crate) offers: [Option<Offer>; 2],
    /// As shown, by the language's place: a missing one has fallen back.
    pub(crate) names: [String; 3],
    /// The folded words of its own name in each language; empty where it has none.
    pub(crate) name_words: [String; 3],
    /// The folded words of brand and size.
    pub(crate) other_words: String,
}

/// On which terms a product is sold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    /// Gross, for one unit.
    pub(crate) price: Money,
    pub(crate) vat: VatRate,
    pub(crate) min_quantity: u32,
}

/// A category as the index is told of it.
#[derive(Debug, Clone)]
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
    /// All of them, in shop order, when anything about categories may have changed.
    pub(crate) categories: Option<Vec<Shelf>>,
    /// More follow before anybody asks anything: they are put in order with the last.
    pub(crate) more: bool,
}

/// The products, each at a place that it keeps; what is removed stays there and is sold to nobody.
#[derive(Debug, Default)]
pub(crate) struct Index {
    places: HashMap<ProductId, usize>,
    columns: Columns,
    shown: Vec<Shown>,
    alphabets: [Alphabet; 3],
    brands: Names,
    badges: Names,
    words: Words,
    /// As the products came to name them.
    category_ids: Vec<CategoryId>,
    /// In shop order.
    categories: Vec<Shelf>,
    /// Raised with every change: an answer of an earlier generation may be outdated.
    generation: u64,
}

/// Names by the number that columns hold instead.
#[derive(Debug, Default)]
struct Names {
    names: Vec<String>,
    places: HashMap<String, u16>,
}

impl Names {
    /// More than 65,535 share the last place: no shop has so many brands.
    fn place(&mut self, name: &str) -> u16 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let Ok(place) = u16::try_from(self.names.len()) else { return NONE };
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        place
    }
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

/// The number of a name that nobody has.
const NONE: u16 = u16::MAX;

/// The bit of the badge at this place; the database knows a dozen, and a seventeenth would be no filter.
fn bit(place: u16) -> u16 {
    1u16.checked_shl(place.into()).unwrap_or(0)
}

impl Index {
    /// Takes the changes in.
    pub(crate) fn take(&mut self, changes: Changes) {
        let Changes { changed, removed, categories, more } = changes;
        self.generation += 1;
        if let Some(categories) = categories {
            self.categories = categories;
        }
        for entry in &changed {
            self.put(entry);
        }
        for id in removed {
            if let Some(at) = self.places.get(&id) {
                self.columns.withdraw(*at);
            }
        }
        if !more {
            self.columns.rearrange();
            for (language, alphabet) in Language::ALL.into_iter().zip(&mut self.alphabets) {
                let name = |at: usize| (self.shown[at].name(place(language)), self.columns.ids[at]);
                alphabet.rearrange(language, self.shown.len(), name);
            }
        }
    }

    fn put(&mut self, entry: &Entry) {
        let at = *self.places.entry(entry.id).or_insert(self.shown.len());
        let row = columns::Row {
            id: entry.id,
            kind: Kind {
                category: self.category_place(entry.category),
                brand: self.brands.place(&entry.brand),
                badges: entry.badges.iter().fold(0, |bits, badge| bits | bit(self.badges.place(badge))),
            },
            created_at: entry.created_at.timestamp_micros(),
            units_sold: entry.units_sold,
            prices: entry.offers.map(|offer| offer.map(|offer| offer.price.amount())),
            active: entry.active,
            in_stock: entry.in_stock,
        };
        self.columns.put(at, &row);
        self.words.put(at, &entry.name_words, &entry.other_words);
        let [tr, en, pl] = &entry.names;
        let image = entry.image_url.as_deref().unwrap_or_default();
        let shown = Shown {
            texts: Texts::of([&entry.code, &entry.slug, tr, en, pl, &entry.size, image]),
            min_quantities: entry.offers.map(|offer| offer.map_or(1, |offer| offer.min_quantity)),
            quantity_per_box: entry.quantity_per_box,
            vat: entry.offers.iter().flatten().map(|offer| offer.vat).next(),
        };
        let renamed = |known: &Shown| (0..3).any(|language| known.name(language) != shown.name(language));
        if self.shown.get(at).is_none_or(renamed) {
            for alphabet in &mut self.alphabets {
                alphabet.renamed(at);
            }
        }
        match self.shown.get_mut(at) {
            Some(known) => *known = shown,
            None => self.shown.push(shown),
        }
    }

    fn category_place(&mut self, category: CategoryId) -> u16 {
        let known = self.category_ids.iter().position(|known| *known == category);
        let place = known.unwrap_or_else(|| {
            self.category_ids.push(category);
            self.category_ids.len() - 1
        });
        u16::try_from(place).unwrap_or(NONE)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn knows(&self, product: ProductId) -> bool {
        self.places.contains_key(&product)
    }

    /// A product, active or not, in this view; `None` when it is not sold to such customers.
    pub(crate) fn product(&self, product: ProductId, view: View) -> Option<Product> {
        self.product_at(*self.places.get(&product)?, view)
    }

    fn product_at(&self, at: usize, view: View) -> Option<Product> {
        let user_type = place_of(view.user_type);
        let (columns, shown) = (&self.columns, &self.shown[at]);
        let price = Money::grosz(columns.price(at, user_type)?);
        let kind = columns.kind(at);
        let category = self.category_ids.get(usize::from(kind.category));
        let category = category.and_then(|id| self.categories.iter().find(|known| known.id == *id));
        let [code, slug, size, image] = [0, 1, 5, 6].map(|text| shown.texts.get(text));
        Some(Product {
            id: columns.ids[at],
            code: code.to_owned(),
            slug: slug.to_owned(),
            name: shown.name(place(view.language)).to_owned(),
            brand: self.brands.names.get(usize::from(kind.brand)).cloned().unwrap_or_default(),
            size: size.to_owned(),
            category: category.map(|category| category.name(view.language)).unwrap_or_default(),
            image_url: (!image.is_empty()).then(|| image.to_owned()),
            price,
            vat: shown.vat?,
            min_quantity: shown.min_quantities[user_type],
            quantity_per_box: shown.quantity_per_box,
            badges: self.badges_of(kind.badges),
            active: columns.is_active(at),
        })
    }

    fn badges_of(&self, bits: u16) -> Vec<String> {
        let worn = self.badges.names.iter().zip(0..).filter(|(_, place)| bits & bit(*place) != 0);
        worn.map(|(name, _)| name.clone()).collect()
    }

    /// The categories in shop order, each with how many products the list shows in it.
    pub(crate) fn categories(&self, user_type: UserType) -> Vec<(&Shelf, usize)> {
        let mut counts = vec![0; self.category_ids.len()];
        for (kind, priced) in self.columns.priced() {
            if let Some(count) = counts.get_mut(usize::from(kind.category)) {
                *count += priced.count(place_of(user_type), &ANY_PRICE, false);
            }
        }
        self.categories.iter().map(|shelf| (shelf, self.count_of(shelf, &counts))).collect()
    }

    /// `counts` has a place for each of the ids.
    fn count_of(&self, category: &Shelf, counts: &[usize]) -> usize {
        let place = self.category_ids.iter().position(|id| *id == category.id);
        place.and_then(|place| counts.get(place)).copied().unwrap_or(0)
    }

    /// What somebody who looks at `product` may like as well: of its category, what can be had before what cannot,
    /// its own brand before others, what sells well before what does not. `None` for a product that is not listed.
    pub(crate) fn related(&self, product: ProductId, view: View, limit: usize) -> Option<Vec<Product>> {
        let (columns, seen) = (&self.columns, *self.places.get(&product)?);
        let user_type = place_of(view.user_type);
        columns.listed_at(seen, user_type)?;
        let kind = columns.kind(seen);
        let mut others: Vec<usize> =
            columns.of_category(kind.category, user_type).filter(|at| *at != seen).collect();
        let key = |at: &usize| {
            let other_brand = columns.kind(*at).brand != kind.brand;
            (!columns.is_in_stock(*at), other_brand, columns.key(*at, Key::Bestselling), columns.ids[*at])
        };
        if others.len() > limit {
            others.select_nth_unstable_by_key(limit, key);
            others.truncate(limit);
        }
        others.sort_unstable_by_key(key);
        Some(others.into_iter().filter_map(|at| self.product_at(at, view)).collect())
    }
}

impl Shelf {
    pub(crate) fn name(&self, language: Language) -> CategoryName {
        CategoryName { slug: self.slug.clone(), name: self.names[place(language)].clone() }
    }
}
