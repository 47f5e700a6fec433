//! Where codes are sent to: Poland, Türkiye, and the rest of the EU and EEA.

/// A country by the beginning of its numbers (ITU-T E.164).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallingCode {
    /// Without `+`. No two of ours begin with one another.
    pub prefix: &'static str,
    /// ISO 3166-1 alpha-2
    pub country: &'static str,
}

const fn code(prefix: &'static str, country: &'static str) -> CallingCode {
    CallingCode { prefix, country }
}

pub(super) const ALLOWED: &[CallingCode] = &[
    code("48", "PL"),
    code("90", "TR"),
    code("43", "AT"),
    code("32", "BE"),
    code("359", "BG"),
    code("357", "CY"),
    code("420", "CZ"),
    code("49", "DE"),
    code("45", "DK"),
    code("372", "EE"),
    code("34", "ES"),
    code("358", "FI"),
    code("33", "FR"),
    code("30", "GR"),
    code("385", "HR"),
    code("36", "HU"),
    code("353", "IE"),
    code("354", "IS"),
    code("39", "IT"),
    code("423", "LI"),
    code("370", "LT"),
    code("352", "LU"),
    code("371", "LV"),
    code("356", "MT"),
    code("31", "NL"),
    code("47", "NO"),
    code("351", "PT"),
    code("40", "RO"),
    code("46", "SE"),
    code("386", "SI"),
    code("421", "SK"),
];
