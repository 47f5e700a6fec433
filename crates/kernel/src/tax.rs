//! Polish VAT on gross prices.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Money, MoneyError};

/// A rate of the VAT Act (Dz.U. 2004 nr 54 poz. 535, art. 41 and annexes 3 and 10): 0, 5, 8 or 23 percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct VatRate(u16);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such VAT rate: {0} basis points")]
pub struct UnknownVatRate(pub i32);

impl VatRate {
    pub fn from_basis_points(basis_points: i32) -> Result<Self, UnknownVatRate> {
        match basis_points {
            0 => Ok(Self(0)),
            500 => Ok(Self(500)),
            800 => Ok(Self(800)),
            2300 => Ok(Self(2300)),
            other => Err(UnknownVatRate(other)),
        }
    }

    pub fn basis_points(self) -> i32 {
        i32::from(self.0)
    }

    /// Whole percent, as clients see it.
    pub fn percent(self) -> u16 {
        self.0 / 100
    }

    /// The tax inside a gross amount: `gross·r/(100+r)`, half up.
    pub fn vat_of_gross(self, gross: Money) -> Result<Money, MoneyError> {
        let (rate, base) = (i128::from(self.0), 10_000 + i128::from(self.0));
        let doubled = 2 * i128::from(gross.amount()) * rate + base;
        let vat = doubled.div_euclid(2 * base);
        i64::try_from(vat).map(Money::grosz).map_err(|_| MoneyError::Overflow)
    }
}

impl TryFrom<i32> for VatRate {
    type Error = UnknownVatRate;
    fn try_from(basis_points: i32) -> Result<Self, UnknownVatRate> {
        Self::from_basis_points(basis_points)
    }
}

impl From<VatRate> for i32 {
    fn from(rate: VatRate) -> Self {
        rate.basis_points()
    }
}

/// What an invoice says of one rate; `net + vat = gross`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatLine {
    pub rate: VatRate,
    pub net: Money,
    pub vat: Money,
    pub gross: Money,
}

impl VatLine {
    pub fn of(rate: VatRate, gross: Money) -> Result<Self, MoneyError> {
        let vat = rate.vat_of_gross(gross)?;
        Ok(Self { rate, net: gross.checked_sub(vat)?, vat, gross })
    }
}

/// Totals by rate, lowest first. The tax of a rate is taken from the *total* of that rate, never summed from lines.
pub fn totals_by_rate(lines: impl IntoIterator<Item = (VatRate, Money)>) -> Result<Vec<VatLine>, MoneyError> {
    let mut gross: BTreeMap<VatRate, Money> = BTreeMap::new();
    for (rate, amount) in lines {
        let sum = gross.entry(rate).or_insert(Money::grosz(0));
        *sum = sum.checked_add(amount)?;
    }
    gross.into_iter().map(|(rate, gross)| VatLine::of(rate, gross)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(basis_points: i32) -> VatRate {
        VatRate::from_basis_points(basis_points).unwrap()
    }

    #[test]
    fn tax_is_taken_from_gross_half_up() {
        for (gross, basis_points, vat) in
            [(105, 500, 5), (10, 500, 0), (11, 500, 1), (123, 2300, 23), (1000, 800, 74), (999, 0, 0)]
        {
            assert_eq!(
                rate(basis_points).vat_of_gross(Money::grosz(gross)),
                Ok(Money::grosz(vat)),
                "{gross}"
            );
        }
        assert!(VatRate::from_basis_points(700).is_err());
    }

    proptest! {
        #[test]
        fn lines_sum_to_the_total_and_nothing_is_negative(
            lines in proptest::collection::vec((0usize..4, 0i64..10_000_000), 0..100),
        ) {
            let rates = [0, 500, 800, 2300].map(rate);
            let by_rate = totals_by_rate(lines.iter().map(|(r, g)| (rates[*r], Money::grosz(*g)))).unwrap();
            let gross: i64 = by_rate.iter().map(|l| l.gross.amount()).sum();
            prop_assert_eq!(gross, lines.iter().map(|(_, g)| g).sum::<i64>());
            for line in by_rate {
                prop_assert_eq!(line.net.checked_add(line.vat), Ok(line.gross));
                prop_assert!(line.vat.amount() >= 0 && line.net.amount() >= 0);
            }
        }
    }
}
