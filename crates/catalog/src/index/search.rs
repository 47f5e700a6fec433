//! Which products have the words of a question, and how well each fits.

use std::{cell::RefCell, collections::HashMap};

use kernel::id::ProductId;

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

/// Where a word stands in a product: a bit for its name in each language, and one for brand and size.
type Places = u8;
const OTHER: Places = 8;
const OF_NAME: [Places; 3] = [1, 2, 4];

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

    fn rows_with(&self, word: &str) -> impl Iterator<Item = (usize, Places)> {
        let rows = self.numbers.get(word).and_then(|number| self.rows.get(index(*number)));
        rows.into_iter().flatten().map(|packed| {
            let (row, places) = unpack(*packed);
            (index(row), places)
        })
    }
}

/// The rows of the products that fit a question, each with a score, in no order.
#[derive(Debug)]
pub(crate) struct Matches(Vec<(usize, u32)>);

impl Matches {
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, u32)> {
        self.0.iter().copied()
    }
}

/// What was noted of the rows while a question is judged. Most questions concern few rows: only these are looked at
/// again, and the memory serves the next question.
#[derive(Default)]
struct Notes {
    by_row: Vec<Judged>,
    touched: Vec<usize>,
}

impl Notes {
    fn note(&mut self, at: usize, worth: u32, places: Places) {
        let Some(row) = self.by_row.get_mut(at) else { return };
        if row.words == 0 && row.best == 0 {
            self.touched.push(at);
        }
        if worth > row.best {
            (row.best, row.best_places) = (worth, places);
        }
    }

    /// The next word of the question comes.
    fn turn(&mut self) {
        for at in &self.touched {
            let row = &mut self.by_row[*at];
            if row.best > 0 {
                row.words += 1;
                row.score += row.best;
                for (count, bit) in row.in_name.iter_mut().zip(OF_NAME) {
                    *count += u8::from(row.best_places & bit != 0);
                }
                (row.best, row.best_places) = (0, 0);
            }
        }
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

impl Index {
    /// The rows that have all words of the question; if none has, those that have the most of them.
    pub(crate) fn search(&self, meanings: &[Meaning], view: View) -> Matches {
        thread_local! {
            static NOTES: RefCell<Notes> = RefCell::default();
        }
        NOTES.with_borrow_mut(|notes| {
            notes.by_row.resize(self.shown.len(), Judged::default());
            let language = place(view.language);
            let last = meanings.iter().map(|meaning| meaning.asked).max().unwrap_or(0);
            for asked in 1..=last {
                for meaning in meanings.iter().filter(|meaning| meaning.asked == asked) {
                    let likeness = u32::try_from(meaning.likeness).unwrap_or(0);
                    self.note(notes, meaning, likeness, view);
                }
                notes.turn();
            }
            let Notes { by_row, touched } = notes;
            let most = touched.iter().map(|at| by_row[*at].words).max().unwrap_or(0);
            let fits = touched.iter().filter(|at| by_row[**at].words == most).map(|at| {
                let row = &by_row[*at];
                (*at, row.score + self.likeness_to_name(*at, row, language))
            });
            let matches = Matches(fits.collect());
            for at in touched.drain(..) {
                by_row[at] = Judged::default();
            }
            matches
        })
    }

    /// Notes in every row that has what is meant how much it is worth there.
    fn note(&self, notes: &mut Notes, meaning: &Meaning, likeness: u32, view: View) {
        let (language, user_type) = (place(view.language), place_of(view.user_type));
        let mut found = |at: usize, worth: u32, places: Places| {
            notes.note(at, (worth * likeness / 1_000).max(1), places);
        };
        match &meaning.stands_for {
            None => {}
            Some(Meant::Product(product)) => {
                if let Some(at) = self.places.get(product) {
                    found(*at, worth::CODE, 0);
                }
            }
            Some(Meant::Word(word)) => {
                for (at, places) in self.words.rows_with(word) {
                    let worth = if places & OF_NAME[language] != 0 {
                        worth::NAME
                    } else if places & !OTHER != 0 {
                        worth::NAME_ELSEWHERE
                    } else {
                        worth::OTHER
                    };
                    // A word that only looks like the one asked for does not make a name the one asked for.
                    found(at, worth, if likeness >= 500 { places } else { 0 });
                }
                for category in self.categories_called(word) {
                    for at in self.columns.of_category(category, user_type) {
                        found(at, worth::CATEGORY, 0);
                    }
                }
            }
        }
    }

    /// How much of the name was asked for: of two products with the same words, the one with fewer others fits better.
    fn likeness_to_name(&self, at: usize, judged: &Judged, language: usize) -> u32 {
        if judged.in_name == [0; 3] {
            return 0;
        }
        let of = |named: usize| {
            if judged.in_name[named] == 0 {
                return 0;
            }
            let length = u32::from(self.words.name_lengths[at][named]).max(1);
            let share = worth::WHOLE_NAME * u32::from(judged.in_name[named]).min(length) / length;
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
