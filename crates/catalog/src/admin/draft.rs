//! A product as the shop's people write it down, and the rules it has to keep. Pure.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{FieldError, Language, Params, UserType, VatRate};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Words that a product may be marked with.
pub(crate) const BADGES: [&str; 12] = [
    "new",
    "bestseller",
    "sale",
    "organic",
    "halal",
    "vegan",
    "vegetarian",
    "gluten_free",
    "lactose_free",
    "sugar_free",
    "spicy",
    "frozen",
];

/// The substances of Annex II of Regulation (EU) No 1169/2011.
pub(crate) const ALLERGENS: [&str; 14] = [
    "gluten",
    "crustaceans",
    "eggs",
    "fish",
    "peanuts",
    "soybeans",
    "milk",
    "nuts",
    "celery",
    "mustard",
    "sesame",
    "sulphites",
    "lupin",
    "molluscs",
];

/// What a nutrition declaration may tell (Article 30 of the same), each in the unit its name ends with.
pub(crate) const NUTRIENTS: [&str; 9] = [
    "energyKj",
    "energyKcal",
    "fatMg",
    "saturatesMg",
    "carbohydrateMg",
    "sugarsMg",
    "fibreMg",
    "proteinMg",
    "saltMg",
];

/// Everything but pictures and what is planned: texts in each language, and what holds today of prices and VAT.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Draft {
    pub(crate) code: String,
    /// Empty: made of the name, the size and the code.
    pub(crate) slug: String,
    /// The slug of the category.
    pub(crate) category: String,
    pub(crate) brand: String,
    pub(crate) size: String,
    pub(crate) quantity_per_box: i32,
    pub(crate) active: bool,
    pub(crate) manufacturer: String,
    pub(crate) origin_country: Option<String>,
    pub(crate) badges: Vec<String>,
    pub(crate) allergens: Vec<String>,
    pub(crate) nutrition: Option<BTreeMap<String, i32>>,
    pub(crate) texts: BTreeMap<Language, Texts>,
    pub(crate) offers: Offers,
    pub(crate) vat: Option<VatRate>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Texts {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) storage: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Offers {
    pub(crate) individual: Offer,
    pub(crate) corporate: Offer,
}

/// What a type of customer pays, and has to take at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Offer {
    /// In grosz; none: not sold to this type.
    pub(crate) gross: Option<i64>,
    pub(crate) min_quantity: i32,
}

impl Default for Offer {
    fn default() -> Self {
        Self { gross: None, min_quantity: 1 }
    }
}

impl Offers {
    pub(crate) fn of(&self, user_type: UserType) -> Offer {
        match user_type {
            UserType::Individual => self.individual,
            UserType::Corporate => self.corporate,
        }
    }

    pub(crate) fn of_mut(&mut self, user_type: UserType) -> &mut Offer {
        match user_type {
            UserType::Individual => &mut self.individual,
            UserType::Corporate => &mut self.corporate,
        }
    }
}

/// Collects what is wrong, by the field's path in JSON.
#[derive(Debug, Default)]
pub(crate) struct Wrong(pub(crate) Vec<FieldError>);

impl Wrong {
    pub(crate) fn note(&mut self, field: impl Into<String>, code: &'static str) {
        self.0.push(FieldError { field: field.into(), code, params: Params::new() });
    }

    /// A text of `min` to `max` characters, without control characters but, where it has lines, their ends.
    pub(crate) fn text(&mut self, field: &str, text: &str, (min, max): (usize, usize), lines: bool) {
        let chars = text.chars().count();
        let odd = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\t'));
        if chars < min {
            self.note(field, "REQUIRED");
        } else if chars > max {
            let params = Params::from_iter([("max".to_owned(), max.into())]);
            self.0.push(FieldError { field: field.to_owned(), code: "TOO_LONG", params });
        } else if text.chars().any(odd) {
            self.note(field, "INVALID");
        }
    }

    pub(crate) fn range(&mut self, field: &str, value: i64, (min, max): (i64, i64)) {
        if !(min..=max).contains(&value) {
            let params = [("min", min), ("max", max)].map(|(k, v)| (k.to_owned(), Value::from(v)));
            self.0.push(FieldError {
                field: field.to_owned(),
                code: "RANGE",
                params: Params::from_iter(params),
            });
        }
    }

    /// Each one of the known, and none twice.
    fn words(&mut self, field: &str, words: &[String], known: &[&str]) {
        let mut seen = BTreeSet::new();
        for (at, word) in words.iter().enumerate() {
            if !known.contains(&word.as_str()) {
                self.note(format!("{field}[{at}]"), "INVALID");
            } else if !seen.insert(word) {
                self.note(format!("{field}[{at}]"), "DUPLICATE");
            }
        }
    }

    /// `within` is empty, or the path of the offer with the dot behind it.
    pub(crate) fn offer(&mut self, within: &str, offer: Offer) {
        // A million zloty: whoever types more has mistyped.
        if let Some(gross) = offer.gross {
            self.range(&format!("{within}price"), gross, (1, 100_000_000));
        }
        self.range(&format!("{within}minQuantity"), offer.min_quantity.into(), (1, 9_999));
    }
}

impl Draft {
    /// What is wrong with it by itself; whether its category exists and its code is free is asked elsewhere.
    pub(crate) fn wrong(&self) -> Vec<FieldError> {
        let mut wrong = Wrong::default();
        if self.code.is_empty() {
            wrong.note("code", "REQUIRED");
        } else if !is_code(&self.code) {
            wrong.note("code", "INVALID");
        }
        if !self.slug.is_empty() && !is_slug(&self.slug) {
            wrong.note("slug", "INVALID");
        }
        wrong.text("category", &self.category, (1, 120), false);
        wrong.text("brand", &self.brand, (0, 80), false);
        wrong.text("size", &self.size, (0, 40), false);
        wrong.range("quantityPerBox", self.quantity_per_box.into(), (1, 10_000));
        wrong.text("manufacturer", &self.manufacturer, (0, 200), false);
        let country = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
        if self.origin_country.as_deref().is_some_and(|text| !country(text)) {
            wrong.note("originCountry", "INVALID");
        }
        wrong.words("badges", &self.badges, &BADGES);
        wrong.words("allergens", &self.allergens, &ALLERGENS);
        for (name, amount) in self.nutrition.iter().flatten() {
            let field = format!("nutrition.{name}");
            if NUTRIENTS.contains(&name.as_str()) {
                wrong.range(&field, (*amount).into(), (0, 1_000_000));
            } else {
                wrong.note(field, "UNKNOWN");
            }
        }
        if self.texts.is_empty() {
            wrong.note("translations", "REQUIRED");
        }
        for (language, texts) in &self.texts {
            let field = format!("translations.{}", language.code());
            wrong.text(&format!("{field}.name"), &texts.name, (1, 200), false);
            wrong.text(&format!("{field}.description"), &texts.description, (0, 5_000), true);
            wrong.text(&format!("{field}.storage"), &texts.storage, (0, 500), true);
        }
        let Offers { individual, corporate } = self.offers;
        wrong.offer("prices.individual.", individual);
        wrong.offer("prices.corporate.", corporate);
        if individual.gross.or(corporate.gross).is_none() {
            wrong.note("prices", "REQUIRED");
        }
        if self.vat.is_none() {
            wrong.note("vatRate", "REQUIRED");
        }
        wrong.0
    }

    /// What its slug is made of.
    pub(crate) fn slug_words(&self) -> String {
        let languages = [Language::En, Language::Tr, Language::Pl];
        let texts = languages.iter().find_map(|language| self.texts.get(language));
        let name = texts.map_or("", |texts| texts.name.as_str());
        format!("{name} {} {}", self.size, self.code)
    }
}

/// Shorter than what reads as a UUID, so that a product's code is never mistaken for its id.
fn is_code(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    text.len() <= 30 && text.bytes().all(inner) && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

pub(crate) fn is_slug(text: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= 200 && text.split('-').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Draft {
        let texts = Texts { name: "Beyaz Peynir".to_owned(), ..Texts::default() };
        Draft {
            code: "105".to_owned(),
            category: "sut-urunleri".to_owned(),
            quantity_per_box: 12,
            texts: BTreeMap::from([(Language::Tr, texts)]),
            offers: Offers { individual: Offer { gross: Some(1999), min_quantity: 1 }, ..Offers::default() },
            vat: VatRate::from_basis_points(500).ok(),
            ..Draft::default()
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_its_path() {
        assert_eq!(good().wrong(), []);
        let check = |field: &str, code: &'static str, change: &dyn Fn(&mut Draft)| {
            let mut draft = good();
            change(&mut draft);
            let wrong: Vec<_> = draft.wrong().into_iter().map(|e| (e.field, e.code)).collect();
            assert_eq!(wrong, [(field.to_owned(), code)]);
        };
        check("code", "REQUIRED", &|d| d.code.clear());
        check("code", "INVALID", &|d| d.code = "a b".to_owned());
        check("code", "INVALID", &|d| d.code = "0".repeat(32));
        check("slug", "INVALID", &|d| d.slug = "Peynir".to_owned());
        check("slug", "INVALID", &|d| d.slug = "a--b".to_owned());
        check("category", "REQUIRED", &|d| d.category.clear());
        check("brand", "TOO_LONG", &|d| d.brand = "x".repeat(81));
        check("size", "INVALID", &|d| d.size = "5\u{7}g".to_owned());
        check("quantityPerBox", "RANGE", &|d| d.quantity_per_box = 0);
        check("originCountry", "INVALID", &|d| d.origin_country = Some("tr".to_owned()));
        check("badges[0]", "INVALID", &|d| d.badges = vec!["cheap".to_owned()]);
        check("badges[1]", "DUPLICATE", &|d| d.badges = vec!["new".to_owned(); 2]);
        check("allergens[0]", "INVALID", &|d| d.allergens = vec!["cats".to_owned()]);
        check("nutrition.joyMg", "UNKNOWN", &|d| {
            d.nutrition = Some(BTreeMap::from([("joyMg".to_owned(), 1)]));
        });
        check("nutrition.saltMg", "RANGE", &|d| {
            d.nutrition = Some(BTreeMap::from([("saltMg".to_owned(), -1)]));
        });
        check("translations", "REQUIRED", &|d| d.texts.clear());
        check("translations.pl.name", "REQUIRED", &|d| {
            d.texts.insert(Language::Pl, Texts::default());
        });
        check("prices", "REQUIRED", &|d| d.offers = Offers::default());
        check("prices.individual.price", "RANGE", &|d| d.offers.individual.gross = Some(0));
        check("prices.corporate.minQuantity", "RANGE", &|d| d.offers.corporate.min_quantity = 0);
        check("vatRate", "REQUIRED", &|d| d.vat = None);
    }

    #[test]
    fn the_words_are_those_of_the_database() {
        let told = include_str!("../../../../migrations/2026-11-26-000100_catalog_details/up.sql");
        for word in BADGES.iter().chain(&ALLERGENS) {
            assert!(told.contains(&format!("'{word}'")), "{word}");
        }
    }
}
