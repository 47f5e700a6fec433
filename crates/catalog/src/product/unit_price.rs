//! The price of a kilogram or a litre, which a shop must show (Directive 98/6/EC; in Poland Dz.U. 2014 poz. 915, art. 4).

use kernel::Money;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnitPrice {
    pub(crate) price: Money,
    /// `kg` or `l`.
    pub(crate) unit: &'static str,
}

/// What a pack holds in all.
struct Content {
    /// Millionths of the unit: milligrams of a kilogram, microlitres of a litre.
    millionths: u64,
    unit: &'static str,
}

impl UnitPrice {
    /// From the price of a pack and its size as printed: `900g`, `1l`, `2x200g`, `330 ml`, `1,5 kg`.
    ///
    /// Rounded to the grosz, half up. `None` when the size cannot be read.
    pub(crate) fn of(price: Money, size: &str) -> Option<Self> {
        let Content { millionths, unit } = content(size)?;
        let whole = i128::from(millionths);
        let doubled = 2_000_000 * i128::from(price.amount()) + whole;
        let amount = i64::try_from(doubled.div_euclid(2 * whole)).ok()?;
        Some(Self { price: Money::grosz(amount), unit })
    }
}

fn content(size: &str) -> Option<Content> {
    let size: String = size.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let (packs, each) = match size.split_once(['x', '×']) {
        Some((packs, each)) => (whole_number(packs)?, each),
        None => (1, size.as_str()),
    };
    let number_ends = each.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, name) = each.split_at_checked(number_ends)?;
    let (scale, unit) = match name {
        "kg" => (1_000, "kg"),
        "g" | "gr" => (1, "kg"),
        "l" | "lt" => (1_000, "l"),
        "cl" => (10, "l"),
        "ml" => (1, "l"),
        _ => return None,
    };
    let millionths = packs.checked_mul(thousandths(number)?)?.checked_mul(scale)?;
    (millionths > 0).then_some(Content { millionths, unit })
}

/// `1,5` → 1500; at most three decimals, behind a comma or a point.
fn thousandths(number: &str) -> Option<u64> {
    let (whole, decimals) = number.split_once([',', '.']).unwrap_or((number, "0"));
    if decimals.len() > 3 {
        return None;
    }
    whole_number(whole)?.checked_mul(1_000)?.checked_add(whole_number(&format!("{decimals:0<3}"))?)
}

/// Digits only: `parse` alone would take a sign.
fn whole_number(digits: &str) -> Option<u64> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_is_of_a_kilogram_or_a_litre() {
        for (price, size, per_unit, unit) in [
            (1_599, "500g", 3_198, "kg"),
            (2_999, "900g", 3_332, "kg"), // 33.3222…
            (1_000, "600g", 1_667, "kg"), // 16.666…
            (1, "80g", 13, "kg"),         // 12.5, half up
            (1_299, "1l", 1_299, "l"),
            (999, "1 L", 999, "l"),
            (900, "2x200g", 2_250, "kg"),
            (900, "2 × 200 g", 2_250, "kg"),
            (499, "330ml", 1_512, "l"),
            (499, "33cl", 1_512, "l"),
            (3_000, "1,5 kg", 2_000, "kg"),
            (3_000, "1.5kg", 2_000, "kg"),
            (26_999, "14kg", 1_929, "kg"), // 19.285
            (0, "1kg", 0, "kg"),
        ] {
            let expected = UnitPrice { price: Money::grosz(per_unit), unit };
            assert_eq!(UnitPrice::of(Money::grosz(price), size), Some(expected), "{price} for {size}");
        }
    }

    #[test]
    fn a_size_that_cannot_be_read_has_no_unit_price() {
        for size in [
            "",
            "g",
            "900",
            "0g",
            "0x200g",
            "x200g",
            "2x",
            "-5g",
            "+5g",
            "1.2345kg",
            "1,5,5kg",
            "5% fat",
            "6 pcs",
            "a dozen",
            "kgkg",
            "99999999999999999999kg",
            "9999999999999999999x9kg",
            "٣g",
        ] {
            assert_eq!(UnitPrice::of(Money::grosz(100), size), None, "{size}");
        }
    }
}
