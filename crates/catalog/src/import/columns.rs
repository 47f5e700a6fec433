//! The columns of a file of products, the same in what is read and in what is written. Pure.

use std::collections::BTreeMap;

use kernel::{
    Language::{self, En, Pl, Tr},
    UserType::{self, Corporate, Individual},
    VatRate,
};

use crate::admin::Draft;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Code,
    Slug,
    Category,
    Brand,
    Size,
    QuantityPerBox,
    Active,
    Manufacturer,
    OriginCountry,
    Badges,
    Allergens,
    /// As the draft calls it.
    Nutrient(&'static str),
    Name(Language),
    Description(Language),
    Storage(Language),
    Price(UserType),
    MinQuantity(UserType),
    VatRate,
}

/// In the order in which they are written.
pub(super) const COLUMNS: [(&str, Column); 34] = [
    ("code", Column::Code),
    ("slug", Column::Slug),
    ("category", Column::Category),
    ("brand", Column::Brand),
    ("size", Column::Size),
    ("quantity_per_box", Column::QuantityPerBox),
    ("active", Column::Active),
    ("name_tr", Column::Name(Tr)),
    ("name_en", Column::Name(En)),
    ("name_pl", Column::Name(Pl)),
    ("price_individual", Column::Price(Individual)),
    ("min_quantity_individual", Column::MinQuantity(Individual)),
    ("price_corporate", Column::Price(Corporate)),
    ("min_quantity_corporate", Column::MinQuantity(Corporate)),
    ("vat_rate", Column::VatRate),
    ("badges", Column::Badges),
    ("allergens", Column::Allergens),
    ("origin_country", Column::OriginCountry),
    ("manufacturer", Column::Manufacturer),
    ("description_tr", Column::Description(Tr)),
    ("description_en", Column::Description(En)),
    ("description_pl", Column::Description(Pl)),
    ("storage_tr", Column::Storage(Tr)),
    ("storage_en", Column::Storage(En)),
    ("storage_pl", Column::Storage(Pl)),
    ("energy_kj", Column::Nutrient("energyKj")),
    ("energy_kcal", Column::Nutrient("energyKcal")),
    ("fat_mg", Column::Nutrient("fatMg")),
    ("saturates_mg", Column::Nutrient("saturatesMg")),
    ("carbohydrate_mg", Column::Nutrient("carbohydrateMg")),
    ("sugars_mg", Column::Nutrient("sugarsMg")),
    ("fibre_mg", Column::Nutrient("fibreMg")),
    ("protein_mg", Column::Nutrient("proteinMg")),
    ("salt_mg", Column::Nutrient("saltMg")),
];

/// What parts several words of one cell.
const SEPARATOR: char = '|';

pub(super) fn find(name: &str) -> Option<(&'static str, Column)> {
    COLUMNS.into_iter().find(|(known, _)| *known == name)
}

/// The column of a field that a draft complains about.
pub(super) fn of_path(path: &str) -> &'static str {
    let field = path.split('[').next().unwrap_or(path);
    let there = COLUMNS.iter().find(|(_, column)| column.path() == field);
    match there {
        Some((name, _)) => name,
        None if field == "prices" => "price_individual",
        None if field == "translations" => "name_tr",
        None => "code",
    }
}

impl Column {
    /// The field in JSON.
    fn path(self) -> String {
        match self {
            Self::Code => "code".to_owned(),
            Self::Slug => "slug".to_owned(),
            Self::Category => "category".to_owned(),
            Self::Brand => "brand".to_owned(),
            Self::Size => "size".to_owned(),
            Self::QuantityPerBox => "quantityPerBox".to_owned(),
            Self::Active => "active".to_owned(),
            Self::Manufacturer => "manufacturer".to_owned(),
            Self::OriginCountry => "originCountry".to_owned(),
            Self::Badges => "badges".to_owned(),
            Self::Allergens => "allergens".to_owned(),
            Self::Nutrient(name) => format!("nutrition.{name}"),
            Self::Name(language) => format!("translations.{}.name", language.code()),
            Self::Description(language) => format!("translations.{}.description", language.code()),
            Self::Storage(language) => format!("translations.{}.storage", language.code()),
            Self::Price(user_type) => format!("prices.{}.price", user_type.as_str()),
            Self::MinQuantity(user_type) => format!("prices.{}.minQuantity", user_type.as_str()),
            Self::VatRate => "vatRate".to_owned(),
        }
    }

    /// What a file says of the draft.
    pub(super) fn read(self, draft: &Draft) -> String {
        let texts = |language| draft.texts.get(&language);
        match self {
            Self::Code => draft.code.clone(),
            Self::Slug => draft.slug.clone(),
            Self::Category => draft.category.clone(),
            Self::Brand => draft.brand.clone(),
            Self::Size => draft.size.clone(),
            Self::QuantityPerBox => draft.quantity_per_box.to_string(),
            Self::Active => draft.active.to_string(),
            Self::Manufacturer => draft.manufacturer.clone(),
            Self::OriginCountry => draft.origin_country.clone().unwrap_or_default(),
            Self::Badges => draft.badges.join("|"),
            Self::Allergens => draft.allergens.join("|"),
            Self::Nutrient(name) => {
                let amount = draft.nutrition.as_ref().and_then(|known| known.get(name));
                amount.map(ToString::to_string).unwrap_or_default()
            }
            Self::Name(language) => texts(language).map(|t| t.name.clone()).unwrap_or_default(),
            Self::Description(language) => texts(language).map(|t| t.description.clone()).unwrap_or_default(),
            Self::Storage(language) => texts(language).map(|t| t.storage.clone()).unwrap_or_default(),
            Self::Price(user_type) => draft.offers.of(user_type).gross.map(zloty).unwrap_or_default(),
            Self::MinQuantity(user_type) => {
                let offer = draft.offers.of(user_type);
                offer.gross.map(|_| offer.min_quantity.to_string()).unwrap_or_default()
            }
            Self::VatRate => draft.vat.map(|rate| rate.percent().to_string()).unwrap_or_default(),
        }
    }

    /// Puts a cell into the draft; an empty one empties. What can be read at all is judged by the draft's rules later.
    pub(super) fn write(self, draft: &mut Draft, cell: &str) -> Result<(), &'static str> {
        let cell = cell.trim();
        let text = || cell.to_owned();
        let words =
            || cell.split(SEPARATOR).map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned).collect();
        let number = || cell.parse::<i32>().map_err(|_| "INVALID");
        match self {
            Self::Code => draft.code = text(),
            // Empty: it keeps the one it has, or is given one.
            Self::Slug if cell.is_empty() => (),
            Self::Slug => draft.slug = text(),
            Self::Category => draft.category = text(),
            Self::Brand => draft.brand = text(),
            Self::Size => draft.size = text(),
            Self::QuantityPerBox if cell.is_empty() => return Err("REQUIRED"),
            Self::QuantityPerBox => draft.quantity_per_box = number()?,
            Self::Active => {
                draft.active = match cell.to_ascii_lowercase().as_str() {
                    "true" | "1" => true,
                    "false" | "0" => false,
                    "" => return Err("REQUIRED"),
                    _ => return Err("INVALID"),
                }
            }
            Self::Manufacturer => draft.manufacturer = text(),
            Self::OriginCountry => draft.origin_country = Some(text()).filter(|text| !text.is_empty()),
            Self::Badges => draft.badges = words(),
            Self::Allergens => draft.allergens = words(),
            Self::Nutrient(name) if cell.is_empty() => {
                if let Some(known) = &mut draft.nutrition {
                    known.remove(name);
                }
            }
            Self::Nutrient(name) => {
                let amount = number()?;
                draft.nutrition.get_or_insert_default().insert(name.to_owned(), amount);
            }
            Self::Name(language) => draft.texts.entry(language).or_default().name = text(),
            Self::Description(language) => draft.texts.entry(language).or_default().description = text(),
            Self::Storage(language) => draft.texts.entry(language).or_default().storage = text(),
            Self::Price(user_type) => {
                draft.offers.of_mut(user_type).gross =
                    if cell.is_empty() { None } else { Some(grosz(cell).ok_or("INVALID")?) };
            }
            Self::MinQuantity(user_type) => {
                draft.offers.of_mut(user_type).min_quantity = if cell.is_empty() { 1 } else { number()? };
            }
            Self::VatRate if cell.is_empty() => draft.vat = None,
            Self::VatRate => {
                let percent: i32 = cell.trim_end_matches('%').trim_end().parse().map_err(|_| "INVALID")?;
                let basis_points = percent.checked_mul(100).ok_or("INVALID")?;
                draft.vat = Some(VatRate::from_basis_points(basis_points).map_err(|_| "INVALID")?);
            }
        }
        Ok(())
    }
}

/// Empty parts are none: a language without any text, a declaration without an amount, what is not sold.
pub(super) fn tidy(draft: &mut Draft) {
    draft.texts.retain(|_, t| !(t.name.is_empty() && t.description.is_empty() && t.storage.is_empty()));
    if draft.nutrition.as_ref().is_some_and(BTreeMap::is_empty) {
        draft.nutrition = None;
    }
    for user_type in [Individual, Corporate] {
        let offer = draft.offers.of_mut(user_type);
        if offer.gross.is_none() {
            *offer = crate::admin::draft::Offer::default();
        }
    }
}

/// `19.99`
fn zloty(grosz: i64) -> String {
    format!("{}.{:02}", grosz / 100, grosz % 100)
}

/// `19.99`, `19,9` or `19`; `None` for anything else.
fn grosz(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 {
        return None;
    }
    let tenths = if part.len() == 1 { 10 } else { 1 };
    let part = part.parse::<i64>().ok()? * tenths;
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_grosz_or_not_at_all() {
        for (text, amount) in [
            ("19.99", Some(1999)),
            ("19,9", Some(1990)),
            ("19", Some(1900)),
            ("0.05", Some(5)),
            ("19.999", None),
            ("-1", None),
            ("1 000", None),
            ("1e3", None),
            ("", None),
            (".5", None),
            ("5.", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(grosz(text), amount, "{text}");
        }
        for amount in [5, 90, 1999, 100_000_000] {
            assert_eq!(grosz(&zloty(amount)), Some(amount));
        }
    }

    #[test]
    fn every_field_that_can_be_wrong_has_a_column() {
        for (name, column) in COLUMNS {
            assert_eq!(of_path(&column.path()), name);
        }
        assert_eq!(of_path("badges[3]"), "badges");
        assert_eq!(of_path("prices"), "price_individual");
    }
}
