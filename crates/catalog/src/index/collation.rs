//! The order of names in each language's alphabet: in Turkish ç comes after c and ı before i, in Polish ł after l.

use std::sync::LazyLock;

use icu_collator::{Collator, CollatorBorrowed, options::CollatorOptions};
use icu_locale_core::locale;
use kernel::Language;

use super::place;

/// Compares as the names do (Unicode Technical Standard #10 with CLDR's rules), byte by byte.
pub(crate) type SortKey = Box<[u8]>;

/// Longer keys are cut: names that differ only after some sixty letters stand side by side anyway, and a cursor stays short.
const MAX_BYTES: usize = 96;

static COLLATORS: LazyLock<[Option<CollatorBorrowed<'static>>; 3]> = LazyLock::new(|| {
    [locale!("tr"), locale!("en"), locale!("pl")]
        .map(|locale| Collator::try_new(locale.into(), CollatorOptions::default()).ok())
});

pub(crate) fn key(language: Language, name: &str) -> SortKey {
    let mut key = Vec::new();
    match &COLLATORS[place(language)] {
        Some(collator) => {
            let Ok(()) = collator.write_sort_key_to(name, &mut key);
        }
        // Its data is compiled in. Were it not, names would still have an order.
        None => key.extend(name.to_lowercase().bytes()),
    }
    key.truncate(MAX_BYTES);
    key.into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_alphabet() {
        for (language, sorted) in [
            (
                Language::Tr,
                vec![
                    "Ayran", "Cacık", "Çay", "Dolma", "Gül", "ğ", "Helva", "ıspanak", "İncir", "Oğlak",
                    "Örgü", "Su", "Şalgam",
                ],
            ),
            (
                Language::Pl,
                vec![
                    "ananas", "ąlka", "cukier", "ćwikła", "lód", "łosoś", "ser", "śliwka", "ziele", "źrebię",
                    "żur",
                ],
            ),
            (Language::En, vec!["açai", "apple", "Beans", "chickpeas", "Élite", "fava"]),
        ] {
            let mut names = sorted.clone();
            names.sort_by_key(|name| key(language, name));
            assert_eq!(names, sorted, "{language:?}");
        }
    }

    #[test]
    fn a_key_is_short_whatever_the_name() {
        let long = "Żółć ".repeat(200);
        assert_eq!(key(Language::Pl, &long).len(), MAX_BYTES);
    }
}
