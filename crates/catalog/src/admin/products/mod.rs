//! Products as the shop's people see them: whole, in every language, at every price.

pub(crate) mod http;
pub(crate) mod service;
pub(crate) mod store;

use chrono::{DateTime, Utc};
use kernel::{UserType, VatRate, id::ProductId};

use super::{
    draft::{Draft, Offer},
    timeline::Period,
};

/// A product as it is written down now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) id: ProductId,
    pub(crate) version: i32,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) draft: Draft,
}

/// With what was and what is planned, and its pictures.
pub(crate) struct Dossier {
    pub(crate) sheet: Sheet,
    pub(crate) prices: Vec<(UserType, Period<Offer>)>,
    pub(crate) rates: Vec<Period<VatRate>>,
    pub(crate) images: Vec<super::images::Image>,
}

/// Which products a list of the administration shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Part of a name, or the beginning of a code.
    pub(crate) text: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) active: Option<bool>,
    /// The code of the last of the page before.
    pub(crate) after: Option<String>,
}

/// How long something new holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Span {
    /// From now on, until what holds now would have ended.
    Now,
    From(DateTime<Utc>, Option<DateTime<Utc>>),
}
