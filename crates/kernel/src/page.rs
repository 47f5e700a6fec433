//! Paging through lists: how many, and from where on.

use serde::{Serialize, de::DeserializeOwned};

/// How many items a page may hold: 1 to 100, 20 when not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit(u8);

impl Limit {
    pub const MAX: u8 = 100;

    pub fn new(n: u32) -> Option<Self> {
        u8::try_from(n).ok().filter(|n| (1..=Self::MAX).contains(n)).map(Self)
    }

    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

/// An opaque position in a list: the sort key of the last item seen, hex over JSON.
///
/// It holds nothing secret and is not signed: a forged one only chooses another starting point.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// Longest that is read back.
    const MAX_CHARS: usize = 1024;

    pub fn encode<K: Serialize>(key: &K) -> Self {
        let json = serde_json::to_vec(key).unwrap_or_default();
        Self(
            json.iter()
                .flat_map(|b| [b >> 4, b & 15])
                .map(|n| char::from_digit(n.into(), 16).unwrap_or('0'))
                .collect(),
        )
    }

    pub fn parse(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// `None` when it was not made by [`Cursor::encode`] for this kind of list.
    pub fn decode<K: DeserializeOwned>(&self) -> Option<K> {
        if self.0.len() > Self::MAX_CHARS || !self.0.len().is_multiple_of(2) || !self.0.is_ascii() {
            return None;
        }
        let bytes: Option<Vec<u8>> = (0..self.0.len())
            .step_by(2)
            .map(|i| self.0.get(i..i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect();
        serde_json::from_slice(&bytes?).ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_a_foreign_one_does_not() {
        let cursor = Cursor::encode(&("Ayran", 7));
        assert_eq!(Cursor::parse(cursor.as_str()).decode(), Some(("Ayran".to_owned(), 7)));
        for bad in ["", "zz", "5b", "ż", "abc"] {
            assert_eq!(Cursor::parse(bad).decode::<(String, i32)>(), None, "{bad}");
        }
    }

    #[test]
    fn a_page_holds_1_to_100() {
        assert_eq!(Limit::default().get(), 20);
        assert_eq!([0, 1, 100, 101].map(|n| Limit::new(n).is_some()), [false, true, true, false]);
    }
}
