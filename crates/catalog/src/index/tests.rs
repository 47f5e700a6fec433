//! The index against a plain computation, and through every kind of change.

use std::collections::BTreeMap;

use chrono::DateTime;
use kernel::{
    Language, Limit, Money, UserType, VatRate,
    id::{CategoryId, ProductId},
};
use uuid::Uuid;

use super::{
    Changes, Entry, Index, Offer, Shelf, place_of,
    search::{Meaning, Meant},
};
use crate::{
    View,
    product::{Filter, Selection, Sort},
};

/// A row of numbers that is the same every time (Numerical Recipes' generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

const CATEGORIES: u64 = 4;
const BRANDS: [&str; 3] = ["Unlika", "Tanebağ", "Filizova"];
const BADGES: [&str; 3] = ["vegan", "halal", "organic"];
const NAMES: [&str; 8] = ["Ayran", "Çay", "Su", "Şalgam", "ıspanak", "İncir", "Örgü", "Ceviz"];
const VIEWS: [View; 2] = [
    View { user_type: UserType::Individual, language: Language::Tr },
    View { user_type: UserType::Corporate, language: Language::Pl },
];

fn category(n: u64) -> CategoryId {
    CategoryId(Uuid::from_u128(u128::from(n) + 1))
}

fn shelf(n: u64) -> Shelf {
    let name = format!("Raf {n}");
    Shelf {
        id: category(n),
        slug: format!("shelf-{n}"),
        image_url: None,
        names: [0, 1, 2].map(|_| name.clone()),
        name_words: [0, 1, 2].map(|_| name.to_lowercase()),
    }
}

fn entry(n: u64, dice: &mut Dice) -> Entry {
    let name = format!("{} {}", NAMES[usize::try_from(dice.below(8)).unwrap()], dice.below(4));
    let vat = VatRate::from_basis_points(500).unwrap();
    let mut offer = |chance| {
        let price = Money::grosz(i64::try_from(dice.below(20)).unwrap() * 100);
        (dice.below(10) < chance).then_some(Offer { price, vat, min_quantity: 1 })
    };
    Entry {
        id: ProductId(Uuid::from_u128(u128::from(n) + 1)),
        code: n.to_string(),
        slug: format!("slug-{n}"),
        size: String::new(),
        image_url: None,
        quantity_per_box: 6,
        offers: [offer(9), offer(7)],
        category: category(dice.below(CATEGORIES)),
        brand: BRANDS[usize::try_from(dice.below(3)).unwrap()].to_owned(),
        badges: BADGES.iter().filter(|_| dice.below(3) == 0).map(ToString::to_string).collect(),
        active: dice.below(10) > 0,
        in_stock: dice.below(4) > 0,
        units_sold: i64::try_from(dice.below(5)).unwrap(),
        created_at: DateTime::from_timestamp(i64::try_from(dice.below(50)).unwrap(), 0).unwrap(),
        names: [0, 1, 2].map(|_| name.clone()),
        name_words: [0, 1, 2].map(|_| name.to_lowercase()),
        other_words: BRANDS[usize::try_from(dice.below(3)).unwrap()].to_lowercase(),
    }
}

fn index(count: u64, dice: &mut Dice) -> (Index, Vec<Entry>) {
    let entries: Vec<Entry> = (0..count).map(|n| entry(n, dice)).collect();
    let mut index = Index::default();
    let categories = Some((0..CATEGORIES).map(shelf).collect());
    index.take(Changes { changed: entries.clone(), categories, ..Changes::default() });
    (index, entries)
}

fn a_filter(dice: &mut Dice) -> Filter {
    let mut maybe = |of: u64| (dice.below(3) == 0).then(|| dice.below(of));
    let price = |n: Option<u64>| n.map(|n| i64::try_from(n).unwrap() * 100);
    Filter {
        category: maybe(CATEGORIES + 1).map(|n| format!("shelf-{n}")),
        brand: maybe(3).map(|n| BRANDS[usize::try_from(n).unwrap()].to_owned()),
        badge: maybe(3).map(|n| BADGES[usize::try_from(n).unwrap()].to_owned()),
        min_price: price(maybe(20)),
        max_price: price(maybe(20)),
        in_stock: maybe(2) == Some(1),
    }
}

/// All that the list has, page by page of seven.
fn walk(index: &Index, filter: &Filter, sort: Sort, view: View) -> Vec<ProductId> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let limit = Limit::new(7).unwrap();
        let selection =
            Selection { filter: filter.clone(), sort: Some(sort), limit, after, ..Selection::default() };
        let found = index.list(&selection, None, view);
        all.extend(found.page.iter().map(|product| product.id));
        after = found.next;
        if after.is_none() {
            return all;
        }
    }
}

fn total(index: &Index, filter: Filter, view: View) -> usize {
    index.list(&Selection { filter, ..Selection::default() }, None, view).total
}

fn price_of(entry: &Entry, user_type: UserType) -> Option<i64> {
    entry.offers[super::place_of(user_type)].map(|offer| offer.price.amount())
}

/// What a plain reader would let through.
fn fits(entry: &Entry, filter: &Filter, user_type: UserType) -> bool {
    let Some(price) = price_of(entry, user_type) else { return false };
    let category = (0..CATEGORIES).map(shelf).find(|shelf| shelf.id == entry.category).unwrap().slug;
    entry.active
        && filter.category.as_ref().is_none_or(|wanted| *wanted == category)
        && filter.brand.as_ref().is_none_or(|wanted| *wanted == entry.brand)
        && filter.badge.as_ref().is_none_or(|wanted| entry.badges.contains(wanted))
        && filter.min_price.is_none_or(|lowest| lowest <= price)
        && filter.max_price.is_none_or(|highest| price <= highest)
        && (!filter.in_stock || entry.in_stock)
}

#[test]
fn a_list_shows_what_fits_and_a_facet_counts_what_choosing_it_would_show() {
    let mut dice = Dice(1);
    let (index, entries) = index(300, &mut dice);
    for n in 0..200 {
        let (filter, view) = (a_filter(&mut dice), VIEWS[n % 2]);
        let found = index.list(&Selection { filter: filter.clone(), ..Selection::default() }, None, view);
        let mut fitting: Vec<ProductId> =
            entries.iter().filter(|e| fits(e, &filter, view.user_type)).map(|e| e.id).collect();
        fitting.sort_unstable();
        assert_eq!(found.total, fitting.len(), "{filter:?}");
        assert_eq!(walk(&index, &filter, Sort::Relevance, view), fitting, "{filter:?}");

        let facets = found.facets;
        let told: BTreeMap<_, _> = facets.categories.into_iter().map(|(slug, _, n)| (slug, n)).collect();
        for slug in (0..CATEGORIES).map(|n| format!("shelf-{n}")) {
            let count = total(&index, Filter { category: Some(slug.clone()), ..filter.clone() }, view);
            assert_eq!(told.get(&slug).copied().unwrap_or(0), count, "{slug} of {filter:?}");
        }
        let told: BTreeMap<_, _> = facets.brands.into_iter().collect();
        for brand in BRANDS.map(str::to_owned) {
            let count = total(&index, Filter { brand: Some(brand.clone()), ..filter.clone() }, view);
            assert_eq!(told.get(&brand).copied().unwrap_or(0), count, "{brand} of {filter:?}");
        }
        let told: BTreeMap<_, _> = facets.badges.into_iter().collect();
        for badge in BADGES.map(str::to_owned) {
            let count = total(&index, Filter { badge: Some(badge.clone()), ..filter.clone() }, view);
            assert_eq!(told.get(&badge).copied().unwrap_or(0), count, "{badge} of {filter:?}");
        }
        let unlimited = Filter { min_price: None, max_price: None, ..filter.clone() };
        let prices = entries
            .iter()
            .filter(|e| fits(e, &unlimited, view.user_type))
            .filter_map(|e| price_of(e, view.user_type));
        let range = prices.clone().min().zip(prices.max());
        assert_eq!(facets.prices, range, "{filter:?}");
    }
}

#[test]
fn each_order_is_whole_and_right() {
    let mut dice = Dice(2);
    let (index, entries) = index(200, &mut dice);
    let by_id: BTreeMap<ProductId, &Entry> = entries.iter().map(|e| (e.id, e)).collect();
    let view = VIEWS[0];
    let key = |sort: Sort, e: &Entry| match sort {
        Sort::Relevance => 0,
        Sort::Price => price_of(e, view.user_type).unwrap(),
        Sort::PriceDown => -price_of(e, view.user_type).unwrap(),
        Sort::Newest => -e.created_at.timestamp(),
        Sort::Bestselling => -e.units_sold,
        Sort::Name => {
            let alphabet = ["Ayran", "Ceviz", "Çay", "ıspanak", "İncir", "Örgü", "Su", "Şalgam"];
            let (first, number) = e.names[0].split_once(' ').unwrap();
            let place = alphabet.iter().position(|known| *known == first).unwrap();
            i64::try_from(place).unwrap() * 10 + number.parse::<i64>().unwrap()
        }
    };
    for sort in [Sort::Relevance, Sort::Name, Sort::Price, Sort::PriceDown, Sort::Newest, Sort::Bestselling] {
        let seen = walk(&index, &Filter::default(), sort, view);
        let mut expected: Vec<&Entry> =
            entries.iter().filter(|e| fits(e, &Filter::default(), view.user_type)).collect();
        expected.sort_by_key(|e| (key(sort, e), e.id));
        let expected: Vec<ProductId> = expected.into_iter().map(|e| e.id).collect();
        assert_eq!(
            seen,
            expected,
            "{sort:?}: {:?}",
            seen.iter().map(|id| &by_id[id].names[0]).collect::<Vec<_>>()
        );
    }
}

#[test]
fn what_changes_goes_and_comes_shows_at_once() {
    let mut dice = Dice(3);
    let (mut index, mut entries) = index(60, &mut dice);
    for round in 0..50 {
        let mut changed = Vec::new();
        for _ in 0..3 {
            let n = dice.below(70);
            let new = entry(n, &mut dice);
            entries.retain(|known| known.id != new.id);
            entries.push(new.clone());
            changed.retain(|known: &Entry| known.id != new.id);
            changed.push(new);
        }
        let gone = entries[usize::try_from(dice.below(40)).unwrap()].id;
        changed.retain(|known| known.id != gone);
        entries.retain(|known| known.id != gone);
        let before = index.generation();
        let told = changed.clone();
        index.take(Changes { changed, removed: vec![gone], ..Changes::default() });
        assert!(index.generation() > before && index.product(gone, VIEWS[0]).is_none());
        for entry in &told {
            let shown = index.product(entry.id, VIEWS[0]);
            assert_eq!(shown.as_ref().map(|p| p.price.amount()), price_of(entry, VIEWS[0].user_type));
            assert!(shown.is_none_or(|p| p.name == entry.names[0]
                && p.brand == entry.brand
                && p.badges.len() == entry.badges.len()));
        }
        for sort in [Sort::Name, Sort::Price] {
            let mut seen = walk(&index, &Filter::default(), sort, VIEWS[0]);
            seen.sort_unstable();
            let mut fitting: Vec<ProductId> = entries
                .iter()
                .filter(|e| fits(e, &Filter::default(), VIEWS[0].user_type))
                .map(|e| e.id)
                .collect();
            fitting.sort_unstable();
            assert_eq!(seen, fitting, "round {round}");
        }
    }
}

/// A question of three words, each of which may stand for several.
fn a_question(dice: &mut Dice, entries: &[Entry]) -> Vec<Meaning> {
    let mut meanings = Vec::new();
    for asked in 1..=3 {
        for _ in 0..dice.below(4) {
            let pick = |dice: &mut Dice, of: &[&str]| {
                let at = dice.below(u64::try_from(of.len()).unwrap());
                of[usize::try_from(at).unwrap()].to_lowercase()
            };
            let stands_for = match dice.below(6) {
                0 => None,
                1 => Some(Meant::Product(entries[usize::try_from(dice.below(4_000)).unwrap()].id)),
                2 => Some(Meant::Word(pick(dice, &["raf", "0", "1", "2"]))),
                3 => Some(Meant::Word(pick(dice, &BRANDS))),
                _ => Some(Meant::Word(pick(dice, &NAMES))),
            };
            let likeness = i32::try_from(dice.below(11)).unwrap() * 100;
            meanings.push(Meaning { asked, likeness, stands_for });
        }
    }
    meanings
}

/// How many words of the question the product has, and how well it fits.
fn judge(entry: &Entry, meanings: &[Meaning]) -> (u32, i64) {
    let (mut words, mut score, mut named) = (0, 0, 0);
    let name: Vec<&str> = entry.name_words[0].split(' ').collect();
    let shelf = (0..CATEGORIES).find(|n| category(*n) == entry.category).unwrap();
    for asked in 1..=3 {
        let mut best = (0, false);
        for Meaning { likeness, stands_for, .. } in meanings.iter().filter(|meaning| meaning.asked == asked) {
            let of_the_shelf =
                matches!(stands_for, Some(Meant::Word(word)) if word == "raf" || *word == shelf.to_string());
            let in_name = matches!(stands_for, Some(Meant::Word(word)) if name.contains(&word.as_str()));
            let worth = match stands_for {
                Some(Meant::Product(id)) if *id == entry.id => 2_000,
                Some(Meant::Word(_)) if in_name => 1_000,
                Some(Meant::Word(word)) if *word == entry.other_words => 400,
                Some(Meant::Word(_)) if of_the_shelf => 300,
                _ => continue,
            };
            let worth = (worth * i64::from(*likeness) / 1_000).max(1);
            if worth > best.0 {
                best = (worth, in_name && *likeness >= 500);
            }
        }
        words += u32::from(best.0 > 0);
        score += best.0;
        named += i64::from(best.1);
    }
    let length = i64::try_from(name.len()).unwrap();
    (words, score + 1_000 * named.min(length) / length)
}

#[test]
fn a_search_finds_what_a_look_at_every_product_finds() {
    let mut dice = Dice(5);
    let (index, entries) = index(4_500, &mut dice);
    for _ in 0..60 {
        let meanings = a_question(&mut dice, &entries);
        for view in VIEWS {
            let listed = entries.iter().filter(|e| e.active && e.offers[place_of(view.user_type)].is_some());
            let judged: Vec<_> = listed.map(|entry| (judge(entry, &meanings), entry.id)).collect();
            let most = judged.iter().map(|((words, _), _)| *words).max().unwrap();
            let mut expected: Vec<(i64, ProductId)> = judged
                .into_iter()
                .filter(|((words, _), _)| *words == most && most > 0)
                .map(|((_, score), id)| (-score, id))
                .collect();
            expected.sort_unstable();
            let selection = Selection { limit: Limit::new(50).unwrap(), ..Selection::default() };
            let found = index.list(&selection, Some(&index.search(&meanings, view)), view);
            assert_eq!(found.total, expected.len(), "{meanings:?}");
            let page: Vec<ProductId> = found.page.iter().map(|product| product.id).collect();
            let first: Vec<ProductId> = expected.iter().take(50).map(|(_, id)| *id).collect();
            assert_eq!(page, first, "{meanings:?}");
        }
    }
}
