//! Which products a list shows, in which order, and what its facets count.

use std::ops::RangeInclusive;

use kernel::{Language, id::ProductId};

use super::{
    Index, NONE, bit, collation,
    columns::{ANY_PRICE, Columns, Key, Kind},
    order::Order,
    place, place_of,
    search::{Match, Matches},
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

/// A filter in the index' own words; a value that it does not know fits no row.
struct Narrowed {
    user_type: usize,
    /// By the number of the kind.
    classes: Vec<Class>,
    prices: RangeInclusive<i32>,
    only_in_stock: bool,
}

/// What the choice of category, brand and badge makes of a kind. Facets count those that one choice alone keeps off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Listed,
    OtherCategory,
    OtherBrand,
    OtherBadge,
    /// More than one choice keeps it off.
    Other,
}

/// What fits price and stock, from which facets are made.
struct Counts {
    /// By the number of the kind.
    kinds: Vec<usize>,
    /// Those of all that is listed, were there no limits to the price.
    prices: Option<(i32, i32)>,
    total: usize,
}

/// What a list is sorted by.
enum Ranking<'a> {
    Key(Key),
    Name(&'a super::Alphabet),
    Score,
}

/// A row and what puts it in its place.
type Candidate = (i64, ProductId, usize);

impl Index {
    /// The page of `selection`, among the `matches` of its question if it asks one.
    pub(crate) fn list(&self, selection: &Selection, matches: Option<&Matches>, view: View) -> Found {
        let columns = &self.columns;
        let narrowed = self.narrowed(&selection.filter, place_of(view.user_type));
        let sort = selection.sort();
        let limit = selection.limit.get();
        let bound = selection.after.as_ref().map(|after| self.bound(after, view.language));
        let ranking = self.ranking(sort, matches.is_some(), view);
        // One more, which tells that there is another page.
        let mut best = Best::new(limit + 1, bound);
        let counts = match matches {
            Some(matches) => narrowed.judge(columns, matches, |found| {
                // Most have no chance, which costs less to see than how well they fit.
                let score = match ranking {
                    Ranking::Score if !best.may_take(-i64::from(found.at_most())) => return,
                    Ranking::Score => self.score(found, view.language),
                    _ => 0,
                };
                best.offer(ranking.key(columns, found.at, score), columns, found.at);
            }),
            None => narrowed.count(columns),
        };
        let mut page = match matches {
            Some(_) => best.page(),
            None => self.first(&narrowed, &ranking, counts.total, best),
        };
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
            facets: self.facets(&narrowed, &counts, view.language),
        }
    }

    /// The first of all that is listed. Where much is, a page is soon met in the order, all but the last; where little is,
    /// it is gathered and sorted.
    fn first(
        &self,
        narrowed: &Narrowed,
        ranking: &Ranking<'_>,
        total: usize,
        mut best: Best,
    ) -> Vec<Candidate> {
        let (columns, most, bound) = (&self.columns, best.most, best.bound);
        if total.saturating_mul(total) < most * columns.ids.len() {
            for at in narrowed.listed(columns) {
                best.offer(ranking.key(columns, at, 0), columns, at);
            }
            return best.page();
        }
        let (lowest, highest) = ranking.keys(narrowed);
        let bound =
            bound.into_iter().chain(lowest.map(|lowest| (lowest - 1, ProductId(uuid::Uuid::max())))).max();
        let order = ranking.order(columns);
        let skipped = order.up_to(|at| {
            let (key, id, _) = ranking.candidate(columns, at, 0);
            bound.is_some_and(|bound| (key, id) <= bound)
        });
        order
            .from(skipped)
            .map(|at| ranking.candidate(columns, at, 0))
            .take_while(|(key, ..)| highest.is_none_or(|highest| *key <= highest))
            .filter(|(_, _, at)| narrowed.lists(columns, *at))
            .take(most)
            .collect()
    }

    fn ranking(&self, sort: Sort, asks: bool, view: View) -> Ranking<'_> {
        let user_type = place_of(view.user_type);
        match sort {
            Sort::Relevance if asks => Ranking::Score,
            Sort::Relevance => Ranking::Key(Key::Id),
            Sort::Price => Ranking::Key(Key::Price { user_type }),
            Sort::PriceDown => Ranking::Key(Key::PriceDown { user_type }),
            Sort::Newest => Ranking::Key(Key::Newest),
            Sort::Bestselling => Ranking::Key(Key::Bestselling),
            Sort::Name => Ranking::Name(&self.alphabets[place(view.language)]),
        }
    }

    fn narrowed(&self, filter: &Filter, user_type: usize) -> Narrowed {
        let Filter { category, brand, badge, min_price, max_price, in_stock } = filter;
        let category_of = |slug: &String| {
            let named = self.categories.iter().find(|category| category.slug == *slug);
            let place = named.and_then(|named| self.category_ids.iter().position(|id| *id == named.id));
            place.and_then(|place| u16::try_from(place).ok()).unwrap_or(NONE)
        };
        let category = category.as_ref().map(category_of);
        let brand = brand.as_ref().map(|brand| self.brands.places.get(brand).copied().unwrap_or(NONE));
        let badge = badge.as_ref().map(|badge| self.badges.places.get(badge).map_or(0, |place| bit(*place)));
        let class = |kind: &Kind| {
            let other_category = category.is_some_and(|category| category != kind.category);
            let other_brand = brand.is_some_and(|brand| brand != kind.brand);
            let other_badge = badge.is_some_and(|badge| kind.badges & badge == 0);
            match (other_category, other_brand, other_badge) {
                (false, false, false) => Class::Listed,
                (true, false, false) => Class::OtherCategory,
                (false, true, false) => Class::OtherBrand,
                (false, false, true) => Class::OtherBadge,
                _ => Class::Other,
            }
        };
        let limit = |limit: i64| i32::try_from(limit.max(0)).unwrap_or(i32::MAX);
        Narrowed {
            user_type,
            classes: self.columns.kinds().iter().map(class).collect(),
            prices: min_price.map_or(*ANY_PRICE.start(), limit)..=max_price.map_or(*ANY_PRICE.end(), limit),
            only_in_stock: *in_stock,
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

    fn facets(&self, narrowed: &Narrowed, counts: &Counts, language: Language) -> Facets {
        let (mut by_category, mut by_brand) =
            (vec![0; self.category_ids.len()], vec![0; self.brands.names.len()]);
        let mut by_badge = vec![0; self.badges.names.len()];
        let add = |counts: &mut [usize], place: u16, more: usize| {
            if let Some(count) = counts.get_mut(usize::from(place)) {
                *count += more;
            }
        };
        for ((kind, class), count) in self.columns.kinds().iter().zip(&narrowed.classes).zip(&counts.kinds) {
            let counts_for = |alone: Class| *count > 0 && (*class == Class::Listed || *class == alone);
            if counts_for(Class::OtherCategory) {
                add(&mut by_category, kind.category, *count);
            }
            if counts_for(Class::OtherBrand) {
                add(&mut by_brand, kind.brand, *count);
            }
            if counts_for(Class::OtherBadge) && kind.badges != 0 {
                for place in (0..16).filter(|place| kind.badges & bit(*place) != 0) {
                    add(&mut by_badge, place, *count);
                }
            }
        }
        let categories = self.categories.iter().filter_map(|shelf| {
            let count = self.count_of(shelf, &by_category);
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
            brands: chosen(&self.brands.names, &by_brand),
            badges: chosen(&self.badges.names, &by_badge),
            prices: counts.prices.map(|(lowest, highest)| (lowest.into(), highest.into())),
        }
    }
}

impl Narrowed {
    fn fits(&self, columns: &Columns, at: usize) -> bool {
        columns.listed_at(at, self.user_type).is_some_and(|price| self.prices.contains(&price))
            && (!self.only_in_stock || columns.is_in_stock(at))
    }

    fn lists(&self, columns: &Columns, at: usize) -> bool {
        self.classes[columns.kind_number(at)] == Class::Listed && self.fits(columns, at)
    }

    /// The rows of all that is listed.
    fn listed(&self, columns: &Columns) -> impl Iterator<Item = usize> {
        let kinds = columns.priced().zip(&self.classes).filter(|(_, class)| **class == Class::Listed);
        kinds.flat_map(|((_, priced), _)| priced.places(self.user_type, &self.prices, self.only_in_stock))
    }

    fn count(&self, columns: &Columns) -> Counts {
        let mut counts = Counts::new(columns);
        for (number, ((_, priced), class)) in columns.priced().zip(&self.classes).enumerate() {
            if *class != Class::Other {
                counts.add(number, *class, priced.count(self.user_type, &self.prices, self.only_in_stock));
            }
            if *class == Class::Listed
                && let Some(extremes) = priced.extremes(self.user_type, self.only_in_stock)
            {
                counts.widen(extremes);
            }
        }
        counts
    }

    /// Counts the matches, and tells which of them are listed.
    fn judge(&self, columns: &Columns, matches: &Matches, mut listed: impl FnMut(&Match)) -> Counts {
        let mut counts = Counts::new(columns);
        for found in matches.iter() {
            let at = found.at;
            let Some(price) = columns.listed_at(at, self.user_type) else { continue };
            if self.only_in_stock && !columns.is_in_stock(at) {
                continue;
            }
            let number = columns.kind_number(at);
            let class = self.classes[number];
            if class == Class::Listed {
                counts.widen((price, price));
            }
            if self.prices.contains(&price) {
                counts.add(number, class, 1);
                if class == Class::Listed {
                    listed(found);
                }
            }
        }
        counts
    }
}

impl Counts {
    fn new(columns: &Columns) -> Self {
        Self { kinds: vec![0; columns.kinds().len()], prices: None, total: 0 }
    }

    fn add(&mut self, number: usize, class: Class, more: usize) {
        self.kinds[number] += more;
        if class == Class::Listed {
            self.total += more;
        }
    }

    fn widen(&mut self, (lowest, highest): (i32, i32)) {
        let (low, high) = self.prices.unwrap_or((lowest, highest));
        self.prices = Some((low.min(lowest), high.max(highest)));
    }
}

impl Ranking<'_> {
    fn key(&self, columns: &Columns, at: usize, score: u32) -> i64 {
        match self {
            Self::Key(key) => columns.key(at, *key),
            Self::Name(alphabet) => alphabet.rank(at).into(),
            Self::Score => -i64::from(score),
        }
    }

    fn candidate(&self, columns: &Columns, at: usize, score: u32) -> Candidate {
        (self.key(columns, at, score), columns.ids[at], at)
    }

    fn order<'a>(&'a self, columns: &'a Columns) -> &'a Order {
        match self {
            Self::Key(key) => columns.order(*key),
            Self::Name(alphabet) => alphabet.order(),
            Self::Score => columns.order(Key::Id),
        }
    }

    /// The lowest and the highest key that anything listed can have, where the filter tells.
    fn keys(&self, narrowed: &Narrowed) -> (Option<i64>, Option<i64>) {
        let (least, most) = (i64::from(*narrowed.prices.start()), i64::from(*narrowed.prices.end()));
        match self {
            Self::Key(Key::Price { .. }) => (Some(least), Some(most)),
            Self::Key(Key::PriceDown { .. }) => (Some(-most), Some(-least)),
            _ => (None, None),
        }
    }
}

/// The first candidates after a bound.
struct Best {
    most: usize,
    /// Where the page before ended.
    bound: Option<(i64, ProductId)>,
    candidates: Vec<Candidate>,
    /// Whoever comes after it has no chance.
    last: Option<Candidate>,
}

impl Best {
    fn new(most: usize, bound: Option<(i64, ProductId)>) -> Self {
        Self { most, bound, candidates: Vec::new(), last: None }
    }

    /// Whether something with this key has a chance.
    fn may_take(&self, key: i64) -> bool {
        self.last.is_none_or(|(last, ..)| key <= last)
    }

    fn offer(&mut self, key: i64, columns: &Columns, at: usize) {
        if !self.may_take(key) {
            return;
        }
        let id = columns.ids[at];
        let candidate = (key, id, at);
        if self.last.is_some_and(|last| candidate >= last)
            || self.bound.is_some_and(|bound| (key, id) <= bound)
        {
            return;
        }
        self.candidates.push(candidate);
        if self.candidates.len() >= self.most * 4 {
            self.keep_best();
        }
    }

    fn keep_best(&mut self) {
        if self.candidates.len() > self.most {
            let (_, last, _) = self.candidates.select_nth_unstable(self.most);
            self.last = Some(*last);
            self.candidates.truncate(self.most);
        }
    }

    fn page(mut self) -> Vec<Candidate> {
        self.keep_best();
        self.candidates.sort_unstable();
        self.candidates
    }
}
