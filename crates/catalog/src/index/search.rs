//! Which products have the words of a question, and how well each fits.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use kernel::{Language, id::ProductId};

use super::{Index, order::index, place, place_of};
use crate::View;

/// What one word of a question may stand for; `PostgreSQL` tells (`catalog.meanings`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// Which word of the question, from 1.
    pub(crate) asked: i32,
    /// In thousandths; 1000 for the very word.
    pub(crate) likeness: i32,
    /// None: the word stands for nothing.
    pub(crate) stands_for: Option<Meant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meant {
    Word(String),
    /// The product that has this code.
    Product(ProductId),
}

/// Where a word stands in a product: a bit for its name in each language, one for brand and size, one for its code, and
/// one for the name of its category.
type Places = u8;
const OF_NAME: [Places; 3] = [1, 2, 4];
const NAMES: Places = 7;
const OTHER: Places = 8;
const CODE: Places = 16;
const CATEGORY: Places = 32;
const ALL_PLACES: usize = 64;

/// What a word is worth by where it stands.
mod worth {
    pub(super) const NAME: u32 = 1_000;
    /// Many ask in their own language for what they see in another.
    pub(super) const NAME_ELSEWHERE: u32 = 600;
    pub(super) const CODE: u32 = 2_000;
    pub(super) const OTHER: u32 = 400;
    pub(super) const CATEGORY: u32 = 300;
    /// A name that consists of nothing but what was asked for.
    pub(super) const WHOLE_NAME: u32 = 1_000;
}

/// What it is worth that a name has so many words of a question, by how many it has in all. Looked up, because dividing
/// takes longer than all else that is done with a row.
static SHARES: LazyLock<[[u32; MOST_COUNTED]; 256]> = LazyLock::new(|| {
    let share = |asked: u32, length: u32| worth::WHOLE_NAME * asked.min(length) / length.max(1);
    let mut shares = [[0; MOST_COUNTED]; 256];
    for (length, shares) in (0..).zip(&mut shares) {
        for (asked, worth) in (0..).zip(shares) {
            *worth = share(asked, length);
        }
    }
    shares
});
/// Words of a question that stand in a name, and one.
const MOST_COUNTED: usize = 16;

/// For somebody who asks in that language.
fn worth_of(places: Places, language: usize) -> u32 {
    match places {
        _ if places & CODE != 0 => worth::CODE,
        _ if places & OF_NAME[language] != 0 => worth::NAME,
        _ if places & NAMES != 0 => worth::NAME_ELSEWHERE,
        _ if places & OTHER != 0 => worth::OTHER,
        _ => worth::CATEGORY,
    }
}

/// Every word with the rows that have it.
#[derive(Debug, Default)]
pub(super) struct Words {
    numbers: HashMap<Box<str>, u32>,
    /// By the word's number: row and places packed into one number, ascending.
    rows: Vec<Vec<u32>>,
    /// By row: its words' numbers and places, packed alike.
    of_row: Vec<Box<[u32]>>,
    /// By row: how many words its name has in each language.
    name_lengths: Vec<[u8; 3]>,
}

/// 24 bits of number and 8 of places: sixteen million rows, as many words.
fn pack(number: u32, places: Places) -> u32 {
    (number << 8) | u32::from(places)
}

fn unpack(packed: u32) -> (u32, Places) {
    (packed >> 8, packed.to_le_bytes()[0])
}

impl Words {
    /// Sets what stands in the row; a new one is the next.
    pub(super) fn put(&mut self, row: usize, names: &[String; 3], other: &str) {
        let length = |name: &String| u8::try_from(name.split_ascii_whitespace().count()).unwrap_or(u8::MAX);
        let lengths = [0, 1, 2].map(|language| length(&names[language]));
        match self.name_lengths.get_mut(row) {
            Some(known) => *known = lengths,
            None => self.name_lengths.push(lengths),
        }
        let mut places: HashMap<&str, Places> = HashMap::new();
        for (name, bit) in names.iter().zip(OF_NAME) {
            for word in name.split_ascii_whitespace() {
                *places.entry(word).or_default() |= bit;
            }
        }
        for word in other.split_ascii_whitespace() {
            *places.entry(word).or_default() |= OTHER;
        }
        let mut words: Vec<u32> =
            places.into_iter().map(|(word, places)| pack(self.number(word), places)).collect();
        words.sort_unstable();
        let words = words.into_boxed_slice();
        let Ok(number) = u32::try_from(row) else { return };
        match self.of_row.get_mut(row) {
            None => self.of_row.push(words.clone()),
            Some(known) if *known == words => return,
            Some(known) => {
                for packed in std::mem::replace(known, words.clone()) {
                    let (word, _) = unpack(packed);
                    let rows = &mut self.rows[index(word)];
                    if let Ok(at) = rows.binary_search_by_key(&number, |packed| unpack(*packed).0) {
                        rows.remove(at);
                    }
                }
            }
        }
        for packed in words {
            let (word, places) = unpack(packed);
            let rows = &mut self.rows[index(word)];
            let entry = pack(number, places);
            // Rows mostly come in their order.
            let at = if rows.last().is_none_or(|last| *last < entry) {
                rows.len()
            } else {
                rows.partition_point(|known| *known < entry)
            };
            rows.insert(at, entry);
        }
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.numbers.insert(word.into(), number);
        self.rows.push(Vec::new());
        number
    }

    /// Row and places, ascending.
    fn rows_with(&self, word: &str) -> &[u32] {
        let rows = self.numbers.get(word).and_then(|number| self.rows.get(index(*number)));
        rows.map_or(&[], Vec::as_slice)
    }
}

/// The rows of the products that fit a question, in no order.
#[derive(Debug)]
pub(crate) struct Matches(Vec<Match>);

impl Matches {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Match> {
        self.0.iter()
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) at: usize,
    score: u32,
    /// How many words of the question stand in its name, by language.
    in_name: [u8; 3],
}

impl Match {
    /// Its score were its name nothing but what was asked for.
    pub(super) fn at_most(&self) -> u32 {
        self.score + worth::WHOLE_NAME
    }
}

/// Rows that a word of the question may mean.
struct Sought<'a> {
    rows: Cow<'a, [u32]>,
    /// How many have been looked at.
    seen: usize,
    /// By the places in which the word stands.
    worths: [u32; ALL_PLACES],
    /// Whether it is the word that was asked for, not one that only looks like it.
    same: bool,
}

impl<'a> Sought<'a> {
    fn new(rows: Cow<'a, [u32]>, likeness: u32, language: usize) -> Self {
        let worth = |places| (worth_of(places, language) * likeness / 1_000).max(1);
        let worths = std::array::from_fn(|places| worth(u8::try_from(places).unwrap_or(0)));
        Self { rows, seen: 0, worths, same: likeness >= 500 }
    }

    /// The next before the row `end`.
    fn next(&mut self, end: usize) -> Option<(usize, Places)> {
        let (row, places) = unpack(*self.rows.get(self.seen)?);
        let row = index(row);
        (row < end).then(|| {
            self.seen += 1;
            (row, places)
        })
    }
}

/// What is known of a row while a question is judged.
#[derive(Debug, Clone, Copy, Default)]
struct Judged {
    /// Words of the question that it has.
    words: u8,
    /// Of these, those in its name, by language.
    in_name: [u8; 3],
    score: u32,
    /// By the word that is being looked at.
    best: u32,
    best_places: Places,
}

impl Judged {
    /// The next word of the question comes.
    fn turn(&mut self) {
        if self.best == 0 {
            return;
        }
        self.words += 1;
        self.score += self.best;
        for (count, bit) in self.in_name.iter_mut().zip(OF_NAME) {
            *count += u8::from(self.best_places & bit != 0);
        }
        (self.best, self.best_places) = (0, 0);
    }
}

/// So many rows are judged at a time: what is noted of them stays where the processor reads fastest.
const STRETCH: usize = 2_048;

impl Index {
    /// The rows of what is listed that have all words of the question; if none has, those that have the most of them.
    pub(crate) fn search(&self, meanings: &[Meaning], view: View) -> Matches {
        let (language, user_type) = (place(view.language), place_of(view.user_type));
        let words = meanings.iter().map(|meaning| meaning.asked).max().unwrap_or(0);
        let mut question: Vec<Vec<Sought<'_>>> =
            (1..=words).map(|word| self.sought(meanings, word, language)).collect();
        let (mut judged, mut touched) = (vec![Judged::default(); STRETCH], Vec::new());
        let (mut matches, mut most) = (Vec::new(), 1);
        for begin in (0..self.shown.len()).step_by(STRETCH) {
            for word in &mut question {
                for sought in word {
                    while let Some((at, places)) = sought.next(begin + STRETCH) {
                        let row = &mut judged[at - begin];
                        if row.words == 0 && row.best == 0 {
                            touched.push(at);
                        }
                        let worth = sought.worths.get(usize::from(places)).copied().unwrap_or(0);
                        if worth > row.best {
                            // A word that only looks like the one asked for does not make a name the one asked for.
                            (row.best, row.best_places) = (worth, if sought.same { places } else { 0 });
                        }
                    }
                }
                for at in &touched {
                    judged[at - begin].turn();
                }
            }
            for at in touched.drain(..) {
                let Judged { words, score, in_name, .. } = std::mem::take(&mut judged[at - begin]);
                if words < most || self.columns.listed_at(at, user_type).is_none() {
                    continue;
                }
                if words > most {
                    matches.clear();
                    most = words;
                }
                matches.push(Match { at, score, in_name });
            }
        }
        Matches(matches)
    }

    /// Where all that this word of the question stands for is to be found.
    fn sought<'a>(&'a self, meanings: &[Meaning], word: i32, language: usize) -> Vec<Sought<'a>> {
        let mut sought = Vec::new();
        for meaning in meanings.iter().filter(|meaning| meaning.asked == word) {
            let likeness = u32::try_from(meaning.likeness).unwrap_or(0);
            let mut add = |rows: Cow<'a, [u32]>| sought.push(Sought::new(rows, likeness, language));
            let packed = |at: usize, places| u32::try_from(at).ok().map(|row| pack(row, places));
            match &meaning.stands_for {
                None => {}
                Some(Meant::Product(product)) => {
                    let at = self.places.get(product);
                    add(at.and_then(|at| packed(*at, CODE)).into_iter().collect());
                }
                Some(Meant::Word(word)) => {
                    add(self.words.rows_with(word).into());
                    for category in self.categories_called(word) {
                        let rows = self.columns.rows_of(category);
                        add(rows.filter_map(|at| packed(at, CATEGORY)).collect());
                    }
                }
            }
        }
        sought
    }

    /// How well it fits somebody who asks in that language.
    pub(super) fn score(&self, found: &Match, language: Language) -> u32 {
        found.score + self.likeness_to_name(found, place(language))
    }

    /// How much of the name was asked for: of two products with the same words, the one with fewer others fits better.
    fn likeness_to_name(&self, found: &Match, language: usize) -> u32 {
        let of = |named: usize| {
            if found.in_name[named] == 0 {
                return 0;
            }
            let length = self.words.name_lengths[found.at][named];
            let share = SHARES[usize::from(length)][usize::from(found.in_name[named]).min(MOST_COUNTED - 1)];
            if named == language { share } else { share * worth::NAME_ELSEWHERE / worth::NAME }
        };
        (0..3).map(of).max().unwrap_or(0)
    }

    fn categories_called(&self, word: &str) -> impl Iterator<Item = u16> {
        let called = self.categories.iter().filter(move |shelf| {
            shelf.name_words.iter().any(|name| name.split_ascii_whitespace().any(|known| known == word))
        });
        called.filter_map(|shelf| {
            let place = self.category_ids.iter().position(|id| *id == shelf.id)?;
            u16::try_from(place).ok()
        })
    }

    /// The categories that a question names, in shop order.
    pub(crate) fn categories_meant(&self, meanings: &[Meaning]) -> Vec<&super::Shelf> {
        let meant: Vec<&str> = meanings
            .iter()
            .filter_map(|meaning| match &meaning.stands_for {
                Some(Meant::Word(word)) => Some(word.as_str()),
                _ => None,
            })
            .collect();
        let named = |shelf: &&super::Shelf| {
            shelf
                .name_words
                .iter()
                .any(|name| name.split_ascii_whitespace().any(|word| meant.contains(&word)))
        };
        self.categories.iter().filter(named).collect()
    }
}
