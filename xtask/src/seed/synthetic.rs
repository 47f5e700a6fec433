//! Made-up products for a large catalogue: the same ones every time, varied enough that search, filters and sums have work.

use super::rows::Product;
use super::words::{BRANDS, NOUNS, Noun, STYLES, Style, Unit};
use crate::hash::{fnv1a, mix};

/// Grams or millilitres, with the word the label has for it.
const SIZES: [(u32, &str, &str); 6] = [
    (200, "200g", "200ml"),
    (250, "250g", "250ml"),
    (400, "400g", "400ml"),
    (500, "500g", "500ml"),
    (800, "800g", "750ml"),
    (1_000, "1kg", "1l"),
];
const BOXES: [u32; 6] = [1, 6, 8, 10, 12, 24];

/// The made-up product number `number`, from 1.
pub(super) fn product(number: u32) -> Product {
    let code = format!("S{number:06}");
    let mut dice = Dice(fnv1a(code.as_bytes()));
    let noun = dice.one_of(NOUNS, &NOUNS[0]);
    let style = dice.one_of(STYLES, &STYLES[0]);
    let brand = *dice.one_of(BRANDS, &BRANDS[0]);
    let (weight, grams, millilitres) = *dice.one_of(&SIZES, &SIZES[0]);
    let quantity_per_box = *dice.one_of(&BOXES, &BOXES[0]);
    // Between 80 and 130 per cent of what such a thing costs, ending in 9 as prices do.
    let consumer_gross = noun.half * weight / 500 * (80 + dice.below(51)) / 100 / 10 * 10 + 9;
    // One in twenty is sold out, so that the filter has something to hide.
    let stock = if dice.below(20) == 0 { 0 } else { 1 + dice.below(500) };
    Product {
        slug: slug(noun, style, &code),
        category: noun.category.to_owned(),
        brand: brand.to_owned(),
        size: match noun.unit {
            Unit::Gram => grams.to_owned(),
            Unit::Millilitre => millilitres.to_owned(),
        },
        name_tr: format!("{} {}", style.tr, noun.tr),
        name_en: english(noun, style),
        name_pl: format!("{} {}", noun.pl, style.pl),
        consumer_gross,
        corporate_gross: consumer_gross * 85 / 100,
        vat_basis_points: noun.vat_basis_points,
        min_consumer: 1,
        min_corporate: quantity_per_box,
        quantity_per_box,
        badges: badges(style, &mut dice),
        stock,
        code,
    }
}

/// What its style says, and now and then what a shop says to sell it.
fn badges(style: &Style, dice: &mut Dice) -> String {
    let said = match style.en {
        "Organic" => Some("organic"),
        "Spicy" => Some("spicy"),
        _ => None,
    };
    let praised = match dice.below(20) {
        0 => Some("new"),
        1 => Some("bestseller"),
        2 => Some("sale"),
        _ => None,
    };
    said.into_iter().chain(praised).collect::<Vec<_>>().join("|")
}

fn english(noun: &Noun, style: &Style) -> String {
    if style.en.starts_with("with ") || style.en == "Family Pack" {
        format!("{} {}", noun.en, style.en)
    } else {
        format!("{} {}", style.en, noun.en)
    }
}

fn slug(noun: &Noun, style: &Style, code: &str) -> String {
    format!("{} {code}", english(noun, style)).to_lowercase().replace(' ', "-")
}

/// A row of numbers that depends on nothing but its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = mix(self.0);
        u32::try_from(self.0 % u64::from(limit.max(1))).unwrap_or(0)
    }

    fn one_of<'a, T>(&mut self, list: &'a [T], otherwise: &'a T) -> &'a T {
        let at = self.below(u32::try_from(list.len()).unwrap_or(u32::MAX));
        usize::try_from(at).ok().and_then(|at| list.get(at)).unwrap_or(otherwise)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_number_makes_the_same_product() {
        assert_eq!(product(1), product(1));
        assert_eq!(product(1).code, "S000001");
    }

    #[test]
    fn a_thousand_products_are_varied_and_sellable() {
        let made: Vec<Product> = (1..=1_000).map(product).collect();
        let different = |of: fn(&Product) -> String| made.iter().map(of).collect::<HashSet<_>>().len();
        assert_eq!(different(|product| product.slug.clone()), 1_000);
        assert_eq!(different(|product| product.category.clone()), 7);
        assert!(different(|product| product.name_pl.clone()) > 300);
        assert!(different(|product| product.consumer_gross.to_string()) > 100);
        for product in &made {
            assert!(
                product.consumer_gross > product.corporate_gross && product.corporate_gross > 0,
                "{product:?}"
            );
            assert!([500, 800, 2_300].contains(&product.vat_basis_points));
            assert!(product.slug.is_ascii(), "{}", product.slug);
        }
        let sold_out = made.iter().filter(|product| product.stock == 0).count();
        assert!((20..=90).contains(&sold_out), "{sold_out} sold out");
    }
}
