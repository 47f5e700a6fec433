//! Versions of what several people may change at once.

/// The version that a change was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Whichever there is.
    Any,
    Version(i32),
    /// One that never was.
    Never,
}

impl Expected {
    /// Whether a change made from this one may be made to `version`.
    pub fn admits(self, version: i32) -> bool {
        match self {
            Self::Any => true,
            Self::Version(expected) => expected == version,
            Self::Never => false,
        }
    }
}
