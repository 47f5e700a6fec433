//! The day in Poland, by whose calendar the register changes.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc, Weekday};

/// Central European Time is an hour ahead of UTC, and two from the last Sunday of March to the last Sunday of October,
/// 01:00 UTC each (directive 2000/84/EC).
pub(crate) fn today(now: DateTime<Utc>) -> NaiveDate {
    let summer = match (switch(now.year(), 3), switch(now.year(), 10)) {
        (Some(from), Some(to)) => (from..to).contains(&now),
        _ => false,
    };
    let ahead = if summer { TimeDelta::hours(2) } else { TimeDelta::hours(1) };
    (now + ahead).date_naive()
}

/// 01:00 UTC on the last Sunday of a month of 31 days.
fn switch(year: i32, month: u32) -> Option<DateTime<Utc>> {
    let last = NaiveDate::from_ymd_opt(year, month, 31)?;
    let sunday = last.week(Weekday::Sun).first_day();
    Some(sunday.and_hms_opt(1, 0, 0)?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::today;

    #[test]
    fn the_day_begins_at_midnight_in_warsaw() {
        for (now, day) in [
            ("2026-01-15T22:59:59Z", "2026-01-15"),
            ("2026-01-15T23:00:00Z", "2026-01-16"),
            ("2026-07-15T21:59:59Z", "2026-07-15"),
            ("2026-07-15T22:00:00Z", "2026-07-16"),
            // Summer time begins on 29 March 2026 and ends on 25 October 2026.
            ("2026-03-28T22:30:00Z", "2026-03-28"),
            ("2026-03-29T22:30:00Z", "2026-03-30"),
            ("2026-10-24T22:30:00Z", "2026-10-25"),
            ("2026-10-25T22:30:00Z", "2026-10-25"),
            // A month that ends on a Sunday: 31 March 2030.
            ("2030-03-30T22:30:00Z", "2030-03-30"),
            ("2030-03-31T22:30:00Z", "2030-04-01"),
            ("2026-12-31T23:00:00Z", "2027-01-01"),
        ] {
            assert_eq!(today(now.parse().unwrap()).to_string(), day, "{now}");
        }
    }
}
