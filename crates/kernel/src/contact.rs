//! How people and companies are reached and known: phone, e-mail, NIP. Parsed once, valid ever after.

use std::{fmt, str::FromStr};

/// Why a text is not what it should be; the code of the field's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseError(pub &'static str);

/// A phone number in E.164 (ITU-T): `+`, country code, 8 to 15 digits in all.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let digits = text.strip_prefix('+').ok_or(ParseError("PHONE"))?;
        let shaped = (8..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        // A Polish number has exactly nine digits after its country code.
        let polish = digits.strip_prefix("48").is_none_or(|national| national.len() == 9);
        if shaped && polish { Ok(Self(text.to_owned())) } else { Err(ParseError("PHONE")) }
    }
}

/// All but the last two digits hidden: personal data stays out of logs.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone(…{})", self.0.get(self.0.len() - 2..).unwrap_or_default())
    }
}

/// An e-mail address, as far as it can be judged without writing to it; kept as typed, compared in lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = ParseError("EMAIL");
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(bad)?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"@".contains(c);
        let label = |l: &str| {
            !l.is_empty()
                && !l.starts_with('-')
                && !l.ends_with('-')
                && l.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let good = (1..=64).contains(&local.len())
            && text.len() <= 254
            && local.chars().all(plain)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && domain.contains('.')
            && domain.split('.').all(label);
        if good { Ok(Self(text.to_owned())) } else { Err(bad) }
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// A Polish tax number: ten digits, the last a check digit (weights 6 5 7 2 3 4 5 6 7, sum mod 11).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nip(String);

impl Nip {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Nip {
    type Err = ParseError;
    /// Dashes and spaces, as people write them, are dropped.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = ParseError("NIP");
        let text: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
        let digits: Vec<u32> = text.chars().map(|c| c.to_digit(10)).collect::<Option<_>>().ok_or(bad)?;
        let [body @ .., check] = digits.as_slice() else { return Err(bad) };
        let sum: u32 = body.iter().zip([6, 5, 7, 2, 3, 4, 5, 6, 7]).map(|(d, w)| d * w).sum();
        let all_equal = body.iter().all(|d| d == check);
        if body.len() == 9 && !all_equal && sum % 11 == *check { Ok(Self(text)) } else { Err(bad) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn phones_are_e164() {
        for good in ["+48501502503", "+905301112233", "+4915112345678"] {
            assert!(good.parse::<Phone>().is_ok(), "{good}");
        }
        for bad in [
            "48501502503",
            "+4850150250",
            "+485015025033",
            "+0123456789",
            "+48 501502503",
            "",
            "+",
            "+48٣01502503",
        ] {
            assert!(bad.parse::<Phone>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_phone_does_not_show_itself() {
        assert_eq!(format!("{:?}", "+48501502503".parse::<Phone>().unwrap()), "Phone(…03)");
    }

    #[test]
    fn addresses_of_mail_are_judged_by_shape() {
        for good in ["a@b.pl", "ayşe.yılmaz+shop@example.com.tr", "x@żółw.pl"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in [
            "a@b",
            "@b.pl",
            "a b@c.pl",
            "a@b..pl",
            "a@-b.pl",
            ".a@b.pl",
            "a<script>@b.pl",
            "a@b.pl\r\nBcc: x@y.pl",
        ] {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_nip_has_a_check_digit() {
        for (text, good) in [
            ("5260250274", true),
            ("526-025-02-74", true),
            ("5260250275", false),
            ("0000000000", false),
            ("1111111111", false),
            ("526025027", false),
            ("52602502741", false),
            ("526025027a", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<Nip>().is_ok(), good, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_parsers_and_what_they_let_through_is_good_again(
            text in "\\PC{0,24}|\\+?[0-9 -]{0,20}",
        ) {
            if let Ok(phone) = text.parse::<Phone>() {
                let digits = phone.as_str().strip_prefix('+').unwrap();
                prop_assert!((8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()));
                prop_assert_eq!(phone.as_str(), &text);
                prop_assert_eq!(phone.as_str().parse(), Ok(phone.clone()));
            }
            if let Ok(nip) = text.parse::<Nip>() {
                prop_assert!(nip.as_str().len() == 10 && nip.as_str().bytes().all(|b| b.is_ascii_digit()));
                prop_assert_eq!(nip.as_str().parse(), Ok(nip.clone()));
            }
        }

        #[test]
        fn a_polish_number_has_nine_digits(national in "[1-9][0-9]{4,14}") {
            prop_assert_eq!(format!("+48{national}").parse::<Phone>().is_ok(), national.len() == 9);
        }

        #[test]
        fn nine_digits_have_one_check_digit_or_none(body in "[0-9]{9}", at in 0usize..9, dashes in any::<bool>()) {
            let with = |digit: u32| if dashes { format!("{body}-{digit}") } else { format!("{body}{digit}") };
            let good: Vec<Nip> = (0..10).filter_map(|digit| with(digit).parse().ok()).collect();
            prop_assert!(good.len() <= 1, "{good:?}");
            // One digit misread is always noticed: every weight is coprime to 11.
            if let [nip] = good.as_slice() {
                let digit = nip.as_str().as_bytes()[at];
                for other in (b'0'..=b'9').filter(|other| *other != digit) {
                    let mut misread = nip.as_str().to_owned();
                    misread.replace_range(at..=at, &char::from(other).to_string());
                    prop_assert!(misread.parse::<Nip>().is_err(), "{misread}");
                }
            }
        }
    }
}
