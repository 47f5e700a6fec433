//! Money is integer minor units with its currency. There is no float path.

use serde::{Deserialize, Serialize};

/// Currencies the shop takes (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Currency {
    #[serde(rename = "PLN")]
    Pln,
}

impl Currency {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pln => "PLN",
        }
    }
}

/// An amount in minor units (grosz): `{"amount":2999,"currency":"PLN"}` is 29.99 zł.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Money {
    amount: i64,
    currency: Currency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("amounts are in different currencies")]
    CurrencyMismatch,
    #[error("the amount is out of range")]
    Overflow,
}

/// For people who keep the books: `30.00 PLN`.
impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, grosz) = (if self.amount < 0 { "-" } else { "" }, self.amount.unsigned_abs());
        write!(f, "{sign}{}.{:02} {}", grosz / 100, grosz % 100, self.currency.code())
    }
}

impl Money {
    pub const fn grosz(amount: i64) -> Self {
        Self { amount, currency: Currency::Pln }
    }

    pub const fn amount(self) -> i64 {
        self.amount
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }

    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    pub fn checked_mul(self, by: u32) -> Result<Self, MoneyError> {
        let amount = self.amount.checked_mul(i64::from(by)).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    fn combine(self, other: Self, op: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let amount = op(self.amount, other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }
}

/// Splits `total` in proportion to `weights` by the largest remainder, so that the parts sum to the whole.
///
/// Equal remainders favour the earlier part. With no weight at all everything goes to the first part.
pub fn allocate(total: Money, weights: &[u32]) -> Vec<Money> {
    let sum: i128 = weights.iter().map(|w| i128::from(*w)).sum();
    let whole = i128::from(total.amount);
    let mut parts: Vec<i128> = Vec::with_capacity(weights.len());
    let mut remainders: Vec<(i128, usize)> = Vec::with_capacity(weights.len());
    for (at, weight) in weights.iter().enumerate() {
        let product = whole * i128::from(*weight);
        parts.push(product.checked_div(sum).unwrap_or(0));
        remainders.push((product.checked_rem(sum).unwrap_or(0).abs(), at));
    }
    let missing = whole - parts.iter().sum::<i128>();
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    if sum == 0 {
        if let Some(first) = parts.first_mut() {
            *first = whole;
        }
    } else {
        let count = usize::try_from(missing.unsigned_abs()).unwrap_or(0);
        for (_, at) in remainders.into_iter().take(count) {
            if let Some(part) = parts.get_mut(at) {
                *part += missing.signum();
            }
        }
    }
    parts.into_iter().map(|p| Money { amount: i64::try_from(p).unwrap_or(0), ..total }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_larger_remainder_gets_the_odd_grosz() {
        let parts = allocate(Money::grosz(100), &[1, 1, 1]);
        assert_eq!(parts, [34, 33, 33].map(Money::grosz));
        assert_eq!(allocate(Money::grosz(10), &[0, 0]), [10, 0].map(Money::grosz));
        assert_eq!(allocate(Money::grosz(10), &[]), []);
    }

    #[test]
    fn it_is_read_in_zlotys() {
        let read = [0, 5, 3_000, 123_456, -5].map(|amount| Money::grosz(amount).to_string());
        assert_eq!(read, ["0.00 PLN", "0.05 PLN", "30.00 PLN", "1234.56 PLN", "-0.05 PLN"]);
    }

    #[test]
    fn overflow_is_an_error() {
        assert_eq!(Money::grosz(i64::MAX).checked_add(Money::grosz(1)), Err(MoneyError::Overflow));
        assert_eq!(Money::grosz(i64::MAX).checked_mul(2), Err(MoneyError::Overflow));
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole_and_none_is_negative(
            total in 0i64..1_000_000_000_000,
            weights in proptest::collection::vec(0u32..=u32::MAX, 1..50),
        ) {
            let parts = allocate(Money::grosz(total), &weights);
            prop_assert_eq!(parts.iter().map(|p| p.amount()).sum::<i64>(), total);
            prop_assert!(parts.iter().all(|p| p.amount() >= 0));
        }
    }
}
