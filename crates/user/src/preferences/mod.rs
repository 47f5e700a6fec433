//! How a user wants to hear of us, and what she agreed to. Pure: no clock, no database, no HTTP.

pub(crate) mod http;
mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

/// The version of the texts that are shown for consent. Raised with the texts; the content pages will tell it.
pub(crate) const TEXT_VERSION: &str = "2026-11";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConsentKind {
    Terms,
    Privacy,
    Marketing,
    Analytics,
    Partners,
}

impl ConsentKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Privacy => "privacy",
            Self::Marketing => "marketing",
            Self::Analytics => "analytics",
            Self::Partners => "partners",
        }
    }
}

/// What was said at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Consent {
    pub(crate) kind: String,
    pub(crate) granted: bool,
    /// Of the text that was shown.
    pub(crate) text_version: String,
    pub(crate) at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preferences {
    pub(crate) notifications: Notifications,
    pub(crate) consents: Consents,
}

/// By which ways news of the user's orders come; all of them until she says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Notifications {
    pub(crate) sms: bool,
    pub(crate) push: bool,
    pub(crate) email: bool,
}

/// What may be taken back at any time; nothing is granted until it was said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Consents {
    pub(crate) marketing: bool,
    pub(crate) analytics: bool,
    pub(crate) partners: bool,
}

/// What is to become different; the rest stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    pub(crate) sms: Option<bool>,
    pub(crate) push: Option<bool>,
    pub(crate) email: Option<bool>,
    pub(crate) marketing: Option<bool>,
    pub(crate) analytics: Option<bool>,
    pub(crate) partners: Option<bool>,
}

impl Consents {
    fn of(self, kind: ConsentKind) -> Option<bool> {
        match kind {
            ConsentKind::Marketing => Some(self.marketing),
            ConsentKind::Analytics => Some(self.analytics),
            ConsentKind::Partners => Some(self.partners),
            ConsentKind::Terms | ConsentKind::Privacy => None,
        }
    }
}

impl Choices {
    pub(crate) fn notifications(self, now: Notifications) -> Notifications {
        Notifications {
            sms: self.sms.unwrap_or(now.sms),
            push: self.push.unwrap_or(now.push),
            email: self.email.unwrap_or(now.email),
        }
    }

    /// The consents that change: saying the same again is nothing to keep.
    pub(crate) fn consents(self, now: Consents) -> Vec<(ConsentKind, bool)> {
        let said = [
            (ConsentKind::Marketing, self.marketing),
            (ConsentKind::Analytics, self.analytics),
            (ConsentKind::Partners, self.partners),
        ];
        let said = said.into_iter().filter_map(|(kind, granted)| Some((kind, granted?)));
        said.filter(|(kind, granted)| now.of(*kind) != Some(*granted)).collect()
    }
}
