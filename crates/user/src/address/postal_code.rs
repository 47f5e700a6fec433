//! Postal codes, by the shape that each country gives them.

use kernel::ParseError;

use super::Country;

/// Shapes of the countries that we deliver to or often bill in: `0` stands for a digit, `@` for a letter, `*` for
/// either; everything else for itself. Source: Universal Postal Union, addressing systems by country.
const SHAPES: &[(&str, &[&str])] = &[
    ("PL", &["00-000"]),
    ("TR", &["00000"]),
    ("DE", &["00000"]),
    ("AT", &["0000"]),
    ("BE", &["0000"]),
    ("BG", &["0000"]),
    ("CH", &["0000"]),
    ("CY", &["0000"]),
    ("CZ", &["000 00", "00000"]),
    ("DK", &["0000"]),
    ("EE", &["00000"]),
    ("ES", &["00000"]),
    ("FI", &["00000"]),
    ("FR", &["00000"]),
    ("GB", &["@0 0@@", "@00 0@@", "@0@ 0@@", "@@0 0@@", "@@00 0@@", "@@0@ 0@@"]),
    ("GR", &["000 00", "00000"]),
    ("HR", &["00000"]),
    ("HU", &["0000"]),
    ("IE", &["@0* ****", "@0*****"]),
    ("IS", &["000"]),
    ("IT", &["00000"]),
    ("LI", &["0000"]),
    ("LT", &["LT-00000", "00000"]),
    ("LU", &["0000", "L-0000"]),
    ("LV", &["LV-0000"]),
    ("MT", &["@@@ 0000", "@@@0000"]),
    ("NL", &["0000 @@", "0000@@"]),
    ("NO", &["0000"]),
    ("PT", &["0000-000"]),
    ("RO", &["000000"]),
    ("SE", &["000 00", "00000"]),
    ("SI", &["0000"]),
    ("SK", &["000 00", "00000"]),
    ("UA", &["00000"]),
    ("US", &["00000", "00000-0000"]),
];

/// A postal code that fits its country, letters in capitals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PostalCode(String);

impl PostalCode {
    /// Where the shape is not known, 2 to 10 letters, digits, spaces and dashes will do.
    pub(crate) fn parse(text: &str, country: Country) -> Result<Self, ParseError> {
        let code = text.trim().to_ascii_uppercase();
        if code.is_empty() {
            return Err(ParseError("REQUIRED"));
        }
        let shapes = SHAPES.iter().find(|(known, _)| *known == country.code());
        let good = match shapes {
            Some((_, shapes)) => shapes.iter().any(|shape| fits(&code, shape)),
            None => {
                (2..=10).contains(&code.len())
                    && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-'))
                    && code.bytes().any(|b| b.is_ascii_alphanumeric())
            }
        };
        if good { Ok(Self(code)) } else { Err(ParseError("POSTAL_CODE")) }
    }

    pub(crate) fn into_inner(self) -> String {
        self.0
    }
}

fn fits(code: &str, shape: &str) -> bool {
    let fits_one = |(have, want): (u8, u8)| match want {
        b'0' => have.is_ascii_digit(),
        b'@' => have.is_ascii_alphabetic(),
        b'*' => have.is_ascii_alphanumeric(),
        itself => have == itself,
    };
    code.len() == shape.len() && code.bytes().zip(shape.bytes()).all(fits_one)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{PostalCode, SHAPES};
    use crate::address::Country;

    fn parse(text: &str, country: &str) -> Option<String> {
        PostalCode::parse(text, country.parse().unwrap()).ok().map(PostalCode::into_inner)
    }

    #[test]
    fn codes_fit_their_country() {
        for (country, good, bad) in [
            ("PL", "00-950", "00950"),
            ("PL", "31-001", "3-1001"),
            ("TR", "34000", "3400"),
            ("DE", "10115", "D-10115"),
            ("NL", "1012 AB", "1012 A1"),
            ("GB", "SW1A 1AA", "SW1A1AAA"),
            ("IE", "D02 AF30", "002 AF30"),
            ("LV", "LV-1010", "LT-1010"),
            ("LU", "L-1111", "X-1111"),
            ("PT", "1000-205", "1000205"),
            ("IS", "101", "1010"),
            ("JP", "100-0001", "1"),
            ("BR", "01310-100", "01310-100-1"),
            ("HK", "999077", "--"),
            ("PL", "00-950", "00-95٣"),
            ("JP", "100-0001", "100/0001"),
            ("PL", "00-950", "00–950"),
        ] {
            assert_eq!(parse(good, country).as_deref(), Some(good), "{country}");
            assert_eq!(parse(bad, country), None, "{country} {bad}");
        }
    }

    #[test]
    fn codes_are_trimmed_and_written_in_capitals() {
        assert_eq!(parse(" sw1a 1aa ", "GB").as_deref(), Some("SW1A 1AA"));
        assert_eq!(parse("lv-1010", "LV").as_deref(), Some("LV-1010"));
    }

    #[test]
    fn every_shape_belongs_to_a_country() {
        for (country, shapes) in SHAPES {
            assert!(country.parse::<Country>().is_ok() && !shapes.is_empty(), "{country}");
        }
    }

    proptest! {
        #[test]
        fn a_code_drawn_from_a_shape_is_good_in_any_case_and_stays_itself(
            (country, code) in (0..SHAPES.len()).prop_flat_map(drawn),
            padding in " {0,3}",
        ) {
            prop_assert_eq!(parse(&format!("{padding}{}{padding}", code.to_lowercase()), country), Some(code.clone()));
            prop_assert_eq!(parse(&code, country), Some(code));
        }

        #[test]
        fn no_text_breaks_the_parser_and_what_it_lets_through_is_good_again(
            text in "\\PC{0,12}|[0-9A-Za-z -]{0,12}",
            country in prop::sample::select(vec!["PL", "TR", "GB", "IE", "NL", "JP", "BR"]),
        ) {
            if let Some(code) = parse(&text, country) {
                prop_assert!(code.is_ascii() && (2..=10).contains(&code.len()), "{code}");
                prop_assert_eq!(parse(&code, country), Some(code.clone()));
            }
        }
    }

    /// A country that has shapes, and a code of one of them.
    fn drawn(at: usize) -> impl Strategy<Value = (&'static str, String)> {
        let (country, shapes) = SHAPES[at];
        let shape = prop::sample::select(shapes);
        let codes = shape.prop_flat_map(|shape| {
            let of = |c: char| match c {
                '0' => "[0-9]".to_owned(),
                '@' => "[A-Z]".to_owned(),
                '*' => "[0-9A-Z]".to_owned(),
                itself => format!("[{itself}]").replace("[-]", "-"),
            };
            let pattern: String = shape.chars().map(of).collect();
            prop::string::string_regex(&pattern).unwrap()
        });
        codes.prop_map(move |code| (country, code))
    }
}
