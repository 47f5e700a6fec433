//! What a user says about herself. Pure: no clock, no database, no HTTP.

pub(crate) mod http;
mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use kernel::{Email, Language, Phone, UserType, id::UserId};
use media::Picture;

use crate::company::Company;

/// Characters of a first or last name.
pub(crate) const MAX_NAME_CHARS: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) kind: UserType,
    pub(crate) phone: Phone,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: Email,
    pub(crate) language: Language,
    /// Of a corporate account, and of no other.
    pub(crate) company: Option<Company>,
    pub(crate) photo: Option<Picture>,
    pub(crate) created_at: DateTime<Utc>,
}

/// What is to become different; the rest stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) email: Option<Email>,
    pub(crate) language: Option<Language>,
}
