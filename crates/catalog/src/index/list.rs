//! Which products a list shows, in which order, and what its facets count.

use std::collections::BinaryHeap;

use kernel::{Language, id::ProductId};

use super::{
    Index, NONE, bit, collation,
    columns::{ACTIVE, Columns, IN_STOCK, Kind, NOT_SOLD},
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

/// What keeps a row off the list, as bits: the filters, and that no list shows it.
const CATEGORY: u8 = 1;
const BRAND: u8 = 2;
const BADGE: u8 = 4;
const PRICE: u8 = 8;
const STOCK: u8 = 16;
const GONE: u8 = 32;

/// A filter in the index' own words; a value that it does not know fits no row.
struct Narrowed {
    /// By the number of the kind: which filters keep it off.
    kinds: Vec<u8>,
    prices: (i32, i32),
    /// [`STOCK`] when only what can be had is wanted.
    stock: u8,
}

/// Counts rows by their kind and by what keeps them off, so that a row costs one addition; facets are made of it later.
struct Counts {
    /// By the number of the kind.
    kinds: Vec<[u32; CLASSES]>,
    prices: (i32, i32),
}

/// The classes of rows that facets count: on the list, or kept off it by nothing but the choice of one kind; the fifth is
/// everything else. Eight, so that a kind's counts never lie across two lines of the processor's memory.
const CLASSES: usize = 8;
const CLASS_OF: [u8; 64] = {
    let mut classes = [4; 64];
    classes[0] = 0;
    classes[1] = 1;
    classes[2] = 2;
    classes[4] = 3;
    classes
};

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
        let mut counts = Counts::new(columns.kinds().len());
        let mut best =
            Best::new(limit, selection.after.as_ref().map(|after| self.bound(after, view.language)));
        let mut walk = Walk { columns, user_type, narrowed: &narrowed, counts: &mut counts, best: &mut best };
        macro_rules! walk_by {
            ($key:expr) => {
                match matches {
                    Some(matches) => walk.over(matches, $key),
                    None => walk.over_all($key),
                }
            };
        }
        match sort {
            Sort::Relevance => walk_by!(|_, _, score| -i64::from(score)),
            Sort::Price => walk_by!(|_, price, _| i64::from(price)),
            Sort::PriceDown => walk_by!(|_, price, _| -i64::from(price)),
            Sort::Newest => walk_by!(|at, _, _| -columns.created_at[at]),
            Sort::Bestselling => walk_by!(|at, _, _| -columns.units_sold[at]),
            Sort::Name => walk_by!(|at, _, _| i64::from(alphabet.rank(at))),
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
            total: counts.total(),
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
        let category = category.as_ref().map(category_of);
        let brand = brand.as_ref().map(|brand| self.brands.places.get(brand).copied().unwrap_or(NONE));
        let badge = badge.as_ref().map(|badge| self.badges.places.get(badge).map_or(0, |place| bit(*place)));
        let off = |off: bool, bit: u8| if off { bit } else { 0 };
        let kept_off = |kind: &Kind| {
            off(category.is_some_and(|category| category != kind.category), CATEGORY)
                | off(brand.is_some_and(|brand| brand != kind.brand), BRAND)
                | off(badge.is_some_and(|badge| kind.badges & badge == 0), BADGE)
        };
        let limit = |limit: i64| i32::try_from(limit.max(0)).unwrap_or(i32::MAX);
        Narrowed {
            kinds: self.columns.kinds().iter().map(kept_off).collect(),
            prices: (min_price.map_or(0, limit), max_price.map_or(i32::MAX, limit)),
            stock: if *in_stock { STOCK } else { 0 },
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
        let (mut by_category, mut by_brand) =
            (vec![0; self.category_ids.len()], vec![0; self.brands.names.len()]);
        let mut by_badge = vec![0; self.badges.names.len()];
        let add = |counts: &mut [usize], place: u16, more: u32| {
            if let Some(count) = counts.get_mut(usize::from(place)) {
                *count += usize::try_from(more).unwrap_or(0);
            }
        };
        for (kind, [listed, other_category, other_brand, other_badge, ..]) in
            self.columns.kinds().iter().zip(&counts.kinds)
        {
            add(&mut by_category, kind.category, listed + other_category);
            add(&mut by_brand, kind.brand, listed + other_brand);
            for place in (0..16).filter(|place| kind.badges & bit(*place) != 0) {
                add(&mut by_badge, place, listed + other_badge);
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
        let (lowest, highest) = counts.prices;
        Facets {
            categories: categories.collect(),
            brands: chosen(&self.brands.names, &by_brand),
            badges: chosen(&self.badges.names, &by_badge),
            prices: (lowest <= highest).then_some((lowest.into(), highest.into())),
        }
    }
}

/// One walk over rows: counts them, and keeps the best.
struct Walk<'a> {
    columns: &'a Columns,
    user_type: usize,
    narrowed: &'a Narrowed,
    counts: &'a mut Counts,
    best: &'a mut Best,
}

/// Rows that are looked at together: what is noted of them stays near the processor meanwhile.
const PART: usize = 1_024;

impl Walk<'_> {
    /// Over all rows: what an answer about a hundred thousand products takes its time for. Each step is a loop of its own
    /// in which a row does not wait for the one before, and the machine looks at many at once.
    fn over_all(&mut self, key: impl Fn(usize, i32, u32) -> i64) {
        let Self { columns, narrowed, .. } = *self;
        let (counts, kinds) = (self.counts.kinds.as_mut_slice(), narrowed.kinds.as_slice());
        let (mut least, mut most) = self.counts.prices;
        let (mut kept_off, mut worst) = (Vec::with_capacity(PART), self.best.worst);
        for start in (0..columns.ids.len()).step_by(PART) {
            let (flags, prices, numbers) = columns.part(start, PART, self.user_type);
            kept_off.clear();
            kept_off
                .extend(flags.iter().zip(prices).map(|(flags, price)| narrowed.keeps_off(*flags, *price)));
            for (kept_off, number) in kept_off.iter_mut().zip(numbers) {
                let number = usize::try_from(*number).unwrap_or(usize::MAX);
                *kept_off |= kinds[number];
                counts[number][class(*kept_off)] += 1;
            }
            for (kept_off, price) in kept_off.iter().zip(prices) {
                let counts = kept_off & !PRICE == 0;
                least = least.min(if counts { *price } else { i32::MAX });
                most = most.max(if counts { *price } else { -1 });
            }
            for (at, (kept_off, price)) in (start..).zip(kept_off.iter().zip(prices)) {
                if *kept_off == 0 {
                    let key = key(at, *price, 0);
                    // Nearly every row stops here.
                    if key <= worst {
                        self.best.offer(key, columns, at);
                        worst = self.best.worst;
                    }
                }
            }
        }
        self.counts.prices = (least, most);
    }

    /// Over the rows that fit a question.
    fn over(&mut self, matches: &Matches, key: impl Fn(usize, i32, u32) -> i64) {
        let Self { columns, narrowed, .. } = *self;
        for (at, score) in matches.rows() {
            let (flags, price, number) = columns.at(at, self.user_type);
            let kept_off = narrowed.kinds[number] | narrowed.keeps_off(flags, price);
            self.counts.kinds[number][class(kept_off)] += 1;
            if kept_off & !PRICE == 0 {
                let (least, most) = &mut self.counts.prices;
                (*least, *most) = ((*least).min(price), (*most).max(price));
            }
            if kept_off == 0 {
                self.best.offer(key(at, price, score), columns, at);
            }
        }
    }
}

impl Narrowed {
    /// What does not go by the kind.
    fn keeps_off(&self, flags: u8, price: i32) -> u8 {
        let off = |off: bool, bit: u8| u8::from(off) * bit;
        let (lowest, highest) = self.prices;
        off(price < lowest, PRICE)
            | off(price > highest, PRICE)
            | off(flags & IN_STOCK == 0, self.stock)
            | off(flags & ACTIVE == 0, GONE)
            | off(price == NOT_SOLD, GONE)
    }
}

fn class(kept_off: u8) -> usize {
    usize::from(CLASS_OF[usize::from(kept_off & 63)])
}

impl Counts {
    fn new(kinds: usize) -> Self {
        Self { kinds: vec![[0; CLASSES]; kinds], prices: (i32::MAX, -1) }
    }

    fn total(&self) -> usize {
        let total: u32 = self.kinds.iter().map(|[listed, ..]| listed).sum();
        usize::try_from(total).unwrap_or(usize::MAX)
    }
}
