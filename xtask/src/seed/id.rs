//! Ids that look like `UUIDv7` and are the same on every machine: the time is the row, the rest is a hash of the code.

use crate::hash::{fnv1a, mix};

/// 2026-01-01T00:00:00Z; also the time at which row 0 of the seed was "made".
const EPOCH_MS: u128 = 1_767_225_600_000;

pub(super) fn uuid(row: u32, name: &str) -> String {
    let hash = fnv1a(name.as_bytes());
    let (first, second) = (mix(hash), mix(hash.wrapping_add(1)));
    let time = ((EPOCH_MS + u128::from(row)) & 0xffff_ffff_ffff) << 80;
    let version = 0x7 << 76;
    let random_a = u128::from(first & 0xfff) << 64;
    let variant = 0b10 << 62;
    let random_b = u128::from(second >> 2);
    let hex = format!("{:032x}", time | version | random_a | variant | random_b);
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_version_seven_and_sorts_by_row() {
        let (first, later) = (uuid(1, "product:105"), uuid(2, "product:104"));
        assert_eq!(first.len(), 36);
        assert!(first.starts_with("019b76da-a801-7"), "{first}");
        assert!(matches!(first.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{first}");
        assert!(first < later);
    }

    #[test]
    fn the_same_row_gives_the_same_id_and_another_code_another() {
        assert_eq!(uuid(7, "product:105"), uuid(7, "product:105"));
        assert_ne!(uuid(7, "product:105"), uuid(7, "product:106"));
    }
}
