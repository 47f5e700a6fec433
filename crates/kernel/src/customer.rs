//! The two kinds of customers; prices, minimums and terms differ between them.

use serde::{Deserialize, Serialize};

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum UserType {
    Individual,
    Corporate,
}

impl UserType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::Corporate => "corporate",
        }
    }
}

impl std::str::FromStr for UserType {
    type Err = UnknownUserType;
    fn from_str(s: &str) -> Result<Self, UnknownUserType> {
        match s {
            "individual" => Ok(Self::Individual),
            "corporate" => Ok(Self::Corporate),
            _ => Err(UnknownUserType),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the user type is neither individual nor corporate")]
pub struct UnknownUserType;
