//! Where codes are sent to: Poland, Türkiye, and the rest of the EU and EEA; and never to numbers that cost extra.

/// A country by the beginning of its numbers (ITU-T E.164).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallingCode {
    /// Without `+`. No two of ours begin with one another.
    pub prefix: &'static str,
    /// ISO 3166-1 alpha-2
    pub country: &'static str,
    /// How numbers begin, after the prefix, that no code goes to: premium, shared cost, special services.
    pub refused: &'static [&'static str],
    /// How mobile numbers begin, where that is known for certain; others take whatever is not refused.
    pub mobile: &'static [&'static str],
}

impl CallingCode {
    /// Whether a code may go to this number, written without `+`.
    pub(super) fn takes(&self, number: &str) -> bool {
        number.strip_prefix(self.prefix).is_some_and(|national| {
            let begins = |starts: &[&str]| starts.iter().any(|start| national.starts_with(start));
            !begins(self.refused) && (self.mobile.is_empty() || begins(self.mobile))
        })
    }
}

const fn code(prefix: &'static str, country: &'static str, refused: &'static [&'static str]) -> CallingCode {
    CallingCode { prefix, country, refused, mobile: &[] }
}

/// Ranges by the national numbering plans, as their regulators notify them to the ITU
/// (<https://www.itu.int/oth/T0202.aspx?parent=T0202>). Poland's mobile ranges: UKE, "Plan numeracji krajowej".
pub(super) const ALLOWED: &[CallingCode] = &[
    CallingCode {
        prefix: "48",
        country: "PL",
        refused: &["20", "30", "39", "64", "70", "80"],
        mobile: &["45", "50", "51", "53", "57", "60", "66", "69", "72", "73", "78", "79", "88"],
    },
    CallingCode { prefix: "90", country: "TR", refused: &["900", "444", "8"], mobile: &["5"] },
    code("43", "AT", &["8", "900", "901", "930", "931", "939"]),
    code("32", "BE", &["70", "78", "80", "90"]),
    code("359", "BG", &["700", "800", "90"]),
    code("357", "CY", &["70", "80", "90"]),
    code("420", "CZ", &["8", "90", "976"]),
    code("49", "DE", &["118", "137", "180", "19", "700", "800", "900"]),
    code("45", "DK", &["70", "80", "90"]),
    code("372", "EE", &["70", "80", "900", "901"]),
    code("34", "ES", &["80", "90"]),
    code("358", "FI", &["1", "3", "600", "606", "700", "71", "75", "800"]),
    code("33", "FR", &["8"]),
    code("30", "GR", &["14", "70", "80", "90"]),
    code("385", "HR", &["60", "61", "64", "65", "69", "72", "80"]),
    code("36", "HU", &["40", "51", "80", "90", "91"]),
    code("353", "IE", &["15", "18"]),
    code("354", "IS", &["80", "90"]),
    code("39", "IT", &["1", "4", "70", "80", "84", "89"]),
    code("423", "LI", &["80", "90"]),
    code("370", "LT", &["70", "80", "90"]),
    code("352", "LU", &["80", "90"]),
    code("371", "LV", &["78", "80", "81", "90"]),
    code("356", "MT", &["50", "51", "800"]),
    code("31", "NL", &["14", "67", "800", "84", "87", "88", "90"]),
    code("47", "NO", &["0", "80", "81", "82", "85", "88"]),
    code("351", "PT", &["6", "70", "76", "80"]),
    code("40", "RO", &["80", "90"]),
    code("46", "SE", &["20", "77", "900", "939", "944", "99"]),
    code("386", "SI", &["80", "82", "88", "89", "90"]),
    code("421", "SK", &["800", "850", "900", "96", "97", "98"]),
];
