//! What a stored file is called: unguessable, and nothing that a client has a say in.

use std::{fmt, str::FromStr};

use kernel::secret::{self, NoEntropy};

use crate::picture::Encoding;

/// 128 random bits and an ending: `9f86d081884c7d659a2feaa0c55ad015.jpg`. Nothing else is a name, so that no path of
/// the store can be made of anything but a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName {
    text: String,
    encoding: Encoding,
}

/// The string is no name of ours.
#[derive(Debug, thiserror::Error)]
#[error("no name of a file")]
pub struct NoFileName;

impl FileName {
    const DIGITS: usize = 32;

    pub(crate) fn generate(encoding: Encoding) -> Result<Self, NoEntropy> {
        let random: [u8; Self::DIGITS / 2] = secret::bytes()?;
        Ok(Self { text: format!("{}.{}", hex::encode(random), encoding.ending()), encoding })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it is served, without scheme and host.
    pub fn url(&self) -> String {
        format!("/media/{}", self.text)
    }

    pub(crate) fn content_type(&self) -> &'static str {
        self.encoding.content_type()
    }
}

impl FromStr for FileName {
    type Err = NoFileName;

    fn from_str(text: &str) -> Result<Self, NoFileName> {
        let (stem, ending) = text.split_once('.').ok_or(NoFileName)?;
        let ours = stem.len() == Self::DIGITS && stem.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let encoding = Encoding::of_ending(ending).filter(|_| ours).ok_or(NoFileName)?;
        Ok(Self { text: text.to_owned(), encoding })
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One picture in its two sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// At most 1,024 pixels a side.
    pub main: FileName,
    /// At most 256 pixels a side.
    pub thumbnail: FileName,
}

impl Picture {
    pub(crate) fn names(&self) -> [&str; 2] {
        [self.main.as_str(), self.thumbnail.as_str()]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_made_and_never_made_twice() {
        let mut seen = BTreeSet::new();
        for encoding in [Encoding::Jpeg, Encoding::Png].repeat(500) {
            let name = FileName::generate(encoding).unwrap();
            assert_eq!(name.as_str().parse::<FileName>().unwrap(), name);
            assert!(seen.insert(name.to_string()));
        }
    }

    #[test]
    fn nothing_else_is_a_name() {
        let stem = "9f86d081884c7d659a2feaa0c55ad015";
        assert!(format!("{stem}.jpg").parse::<FileName>().is_ok());
        let upper = stem.to_uppercase();
        for no_name in [
            "",
            ".",
            "..",
            stem,
            &format!("{stem}."),
            &format!("{stem}.gif"),
            &format!("{stem}.JPG"),
            &format!("{upper}.jpg"),
            &format!("{stem}.jpg.png"),
            &format!("{stem}0.jpg"),
            &format!("{}.jpg", &stem[1..]),
            &format!("../{}.jpg", &stem[3..]),
            &format!("{stem}.jpg\0"),
            &format!("/{stem}.jpg"),
            "../../etc/passwd",
        ] {
            assert!(no_name.parse::<FileName>().is_err(), "{no_name:?}");
        }
    }
}
