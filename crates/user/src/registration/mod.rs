//! From a proved phone to an account. Pure: no clock, no database, no HTTP.

pub(crate) mod http;
pub(crate) mod service;
#[cfg(test)]
mod tests;

use kernel::{Email, Language, Nip, Phone, UserType, id::UserId};

use crate::preferences::ConsentKind;

/// A form that was filled in right.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    /// The id that the account will have: a form that is sent again finds its account there.
    pub(crate) user: UserId,
    pub(crate) phone: Phone,
    pub(crate) kind: Kind,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: Email,
    pub(crate) language: Language,
    /// What was said about marketing; `None` when nothing was.
    pub(crate) marketing: Option<bool>,
}

/// For whom the account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Individual,
    /// For the company with this tax number.
    Corporate(Nip),
}

impl Kind {
    pub(crate) const fn user_type(&self) -> UserType {
        match self {
            Self::Individual => UserType::Individual,
            Self::Corporate(_) => UserType::Corporate,
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
