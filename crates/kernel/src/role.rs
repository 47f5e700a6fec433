//! What people who work for the shop may do.

use serde::{Deserialize, Serialize};

use crate::id::StaffId;

/// One each; `Owner` may do everything.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything, other people's accounts included.
    Owner,
    /// Everything but other people's accounts.
    Manager,
    /// Products, categories, texts.
    Catalogue,
    /// Stock and shipping.
    Fulfilment,
    /// Refunds, terms of payment, invoices.
    Finance,
    /// Looks at orders and customers, changes nothing.
    Support,
}

impl Role {
    pub const ALL: [Self; 6] =
        [Self::Owner, Self::Manager, Self::Catalogue, Self::Fulfilment, Self::Finance, Self::Support];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Catalogue => "catalogue",
            Self::Fulfilment => "fulfilment",
            Self::Finance => "finance",
            Self::Support => "support",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;
    fn from_str(s: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == s).ok_or(UnknownRole)
    }
}

/// Somebody of the shop, as whoever answers for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub staff: StaffId,
    pub role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such role")]
pub struct UnknownRole;
