//! The languages the shop speaks.

use serde::{Deserialize, Serialize};

#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Tr,
    En,
    Pl,
}

impl Language {
    /// Every language, in the order in which a missing translation falls back.
    pub const ALL: [Self; 3] = [Self::Tr, Self::En, Self::Pl];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Tr => "tr",
            Self::En => "en",
            Self::Pl => "pl",
        }
    }

    /// Reads a language tag by its primary part: `pl-PL` is Polish.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|l| l.code().eq_ignore_ascii_case(primary))
    }

    /// The best language of an `Accept-Language` header (RFC 9110 §12.5.4), q-values honoured.
    ///
    /// `*` and unknown languages say nothing; `q=0` excludes.
    pub fn negotiate(accept_language: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for range in accept_language.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let Some(language) = parts.next().and_then(Self::from_tag) else { continue };
            let quality = match parts.find_map(|p| p.strip_prefix("q=")) {
                Some(q) => parse_quality(q),
                None => Some(1000),
            };
            let Some(quality @ 1..) = quality else { continue };
            if best.is_none_or(|(b, _)| quality > b) {
                best = Some((quality, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// `0.8` → 800; at most three decimals, no more than 1.
fn parse_quality(q: &str) -> Option<u16> {
    let (whole, decimals) = q.split_once('.').unwrap_or((q, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

impl std::str::FromStr for Language {
    type Err = UnknownLanguage;
    fn from_str(s: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.into_iter().find(|l| l.code() == s).ok_or(UnknownLanguage)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the language is not one of tr, en, pl")]
pub struct UnknownLanguage;

#[cfg(test)]
mod tests {
    use super::Language::{self, En, Pl, Tr};

    #[test]
    fn the_header_chooses_by_quality() {
        for (header, expected) in [
            ("pl-PL,pl;q=0.9,en;q=0.8", Some(Pl)),
            ("de, en;q=0.5, tr;q=0.6", Some(Tr)),
            ("en;q=0.0, pl;q=0.001", Some(Pl)),
            ("EN", Some(En)),
            ("*", None),
            ("", None),
            ("en;q=nonsense", None),
            ("en;q=1.5", None),
        ] {
            assert_eq!(Language::negotiate(header), expected, "{header}");
        }
    }
}
