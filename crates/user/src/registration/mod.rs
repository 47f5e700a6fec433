//! From a proved phone to an account. Pure: no clock, no database, no HTTP.

pub(crate) mod http;
pub(crate) mod service;
mod store;
#[cfg(test)]
mod tests;

use kernel::{Email, Language, Phone, UserType, id::UserId};

/// The version of the texts that are shown for consent. Raised with the texts; the content pages will tell it.
pub(crate) const TEXT_VERSION: &str = "2026-11";

/// A form that was filled in right.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    /// The id that the account will have: the registration token's.
    pub(crate) user: UserId,
    pub(crate) phone: Phone,
    pub(crate) user_type: UserType,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: Email,
    pub(crate) language: Language,
    /// What was said about marketing; `None` when nothing was.
    pub(crate) marketing: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConsentKind {
    Terms,
    Privacy,
    Marketing,
}

impl ConsentKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Privacy => "privacy",
            Self::Marketing => "marketing",
        }
    }
}

impl Registration {
    /// Nobody registers without the terms and the privacy notice; marketing is kept as it was answered.
    pub(crate) fn consents(&self) -> Vec<(ConsentKind, bool)> {
        let marketing = self.marketing.map(|granted| (ConsentKind::Marketing, granted));
        [(ConsentKind::Terms, true), (ConsentKind::Privacy, true)].into_iter().chain(marketing).collect()
    }
}
