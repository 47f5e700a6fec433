//! The limits of one-time codes: `OTP_LIMITS`, `OTP_RESEND_SECONDS`, `OTP_COUNTRIES`.

use chrono::TimeDelta;
use identity::{OtpLimits, Scope, SendLimit};

use super::reader::Reader;

/// What is not set is as the security page has it.
pub(super) fn limits(r: &mut Reader, factor: u32) -> OtpLimits {
    let mut limits = OtpLimits { factor, ..OtpLimits::default() };
    let sends = r.list("OTP_LIMITS");
    if !sends.is_empty() {
        match sends.iter().map(|text| send_limit(text)).collect() {
            Some(sends) => limits.sends = sends,
            None => r.wrong(
                "OTP_LIMITS",
                "`phone:3/15m,network:10/1h,prefix:20/1h,global:500/1h`, times in s, m, h",
            ),
        }
    }
    let waits = r.list("OTP_RESEND_SECONDS");
    if !waits.is_empty() {
        match waits.iter().map(|text| seconds(text)).collect() {
            Some(waits) => limits.resend_after = waits,
            None => r.wrong("OTP_RESEND_SECONDS", "seconds, like 60,120,300"),
        }
    }
    let countries = r.list("OTP_COUNTRIES");
    if !countries.is_empty() {
        let known = |code: &String| limits.countries.iter().any(|c| c.country == code);
        if countries.iter().all(known) {
            limits.countries.retain(|c| countries.iter().any(|code| code == c.country));
        } else {
            r.wrong("OTP_COUNTRIES", "ISO codes of Türkiye and of countries of the EEA, like PL,TR,DE");
        }
    }
    limits
}

/// `network:10/1h`
fn send_limit(text: &str) -> Option<SendLimit> {
    let (scope, rest) = text.split_once(':')?;
    let (at_most, within) = rest.split_once('/')?;
    let scope = match scope {
        "phone" => Scope::Phone,
        "network" => Scope::Network,
        "prefix" => Scope::Prefix,
        "global" => Scope::Global,
        _ => return None,
    };
    let at_most = at_most.parse().ok().filter(|n| (1..=1_000_000).contains(n))?;
    Some(SendLimit { scope, at_most, within: span(within)? })
}

/// `90s`, `15m`, `24h`
fn span(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = number.parse().ok().filter(|n| (1..=86_400).contains(n))?;
    match unit {
        "s" => Some(TimeDelta::seconds(number)),
        "m" => TimeDelta::try_minutes(number),
        "h" => TimeDelta::try_hours(number),
        _ => None,
    }
}

fn seconds(text: &str) -> Option<TimeDelta> {
    text.parse().ok().filter(|n| (0..=86_400).contains(n)).map(TimeDelta::seconds)
}

#[cfg(test)]
mod tests {
    use super::{Scope, send_limit};

    #[test]
    fn a_limit_is_read_as_it_is_written() {
        let limit = send_limit("network:10/1h").unwrap();
        assert_eq!((limit.scope, limit.at_most, limit.within.num_seconds()), (Scope::Network, 10, 3_600));
        for bad in
            ["", "phone", "phone:3", "phone:3/", "phone:0/1h", "nobody:3/1h", "phone:3/1d", "phone:-3/1h"]
        {
            assert_eq!(send_limit(bad), None, "{bad}");
        }
    }
}
