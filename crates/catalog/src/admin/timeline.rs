//! Periods of validity that follow one another: prices and VAT rates over time. Pure.

use chrono::{DateTime, Utc};

/// Holds from `from` until just before `to`; without an end, for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Period<V> {
    pub(crate) value: V,
    pub(crate) from: DateTime<Utc>,
    pub(crate) to: Option<DateTime<Utc>>,
}

/// Lays a period over others, which do not overlap: they hold before and after it, and not while it does. Without a
/// value nothing holds while it lasts.
pub(crate) fn overlay<V: Clone>(periods: &[Period<V>], new: Period<Option<V>>) -> Vec<Period<V>> {
    let Period { value, from, to } = new;
    let mut laid = Vec::with_capacity(periods.len() + 2);
    for old in periods {
        let ends = old.to.map_or(from, |end| end.min(from));
        if old.from < ends {
            laid.push(Period { to: Some(ends), ..old.clone() });
        }
        if let Some(begins) = to.map(|to| old.from.max(to))
            && old.to.is_none_or(|end| begins < end)
        {
            laid.push(Period { from: begins, ..old.clone() });
        }
    }
    laid.extend(value.map(|value| Period { value, from, to }));
    laid.sort_by_key(|period| period.from);
    laid
}

/// Until when what holds at `now` does: to its end, or until something begins.
pub(crate) fn ends<V>(periods: &[Period<V>], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let holds = |period: &&Period<V>| period.from <= now && period.to.is_none_or(|to| now < to);
    match periods.iter().find(holds) {
        Some(period) => period.to,
        None => periods.iter().map(|period| period.from).filter(|from| *from > now).min(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap_or_default()
    }

    fn value_at(periods: &[Period<i64>], second: i64) -> Option<i64> {
        let at = at(second);
        let mut holding = periods.iter().filter(|p| p.from <= at && p.to.is_none_or(|to| at < to));
        let value = holding.next().map(|p| p.value);
        assert!(holding.next().is_none(), "two periods hold at once");
        value
    }

    proptest! {
        /// Whatever is laid over whatever: at each moment the last that was laid there holds.
        #[test]
        fn what_was_laid_last_holds(
            layers in proptest::collection::vec((0i64..20, proptest::option::of(1i64..10), any::<bool>()), 1..8),
        ) {
            let mut periods: Vec<Period<i64>> = Vec::new();
            let mut expected: Vec<Option<i64>> = vec![None; 40];
            for (number, (from, length, ends_it)) in layers.into_iter().enumerate() {
                let value = (!ends_it).then_some(i64::try_from(number).unwrap());
                let to = length.map(|length| from + length);
                periods = overlay(&periods, Period { value, from: at(from), to: to.map(at) });
                for (second, slot) in expected.iter_mut().enumerate() {
                    let second = i64::try_from(second).unwrap();
                    if second >= from && to.is_none_or(|to| second < to) {
                        *slot = value;
                    }
                }
            }
            for (second, value) in expected.iter().enumerate() {
                prop_assert_eq!(value_at(&periods, i64::try_from(second).unwrap()), *value);
            }
            prop_assert!(periods.iter().all(|p| p.to.is_none_or(|to| p.from < to)), "a period lasts");
        }
    }

    #[test]
    fn what_holds_now_ends_with_its_period_or_when_something_begins() {
        let period = |from, to: Option<i64>| Period { value: 1, from: at(from), to: to.map(at) };
        assert_eq!(ends(&[period(0, Some(5)), period(5, None)], at(3)), Some(at(5)));
        assert_eq!(ends(&[period(0, Some(5)), period(5, None)], at(5)), None);
        assert_eq!(ends(&[period(7, None)], at(3)), Some(at(7)));
        assert_eq!(ends::<i64>(&[], at(3)), None);
    }
}
