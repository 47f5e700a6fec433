//! Categories as the shop's people see them.

pub(crate) mod http;
mod service;
mod store;

use std::collections::BTreeMap;

use kernel::{FieldError, Language, id::CategoryId};
use serde::Serialize;

use super::draft::{Wrong, is_slug};

/// What is written down of a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Shelf {
    pub(crate) slug: String,
    /// The lowest comes first.
    pub(crate) position: i32,
    pub(crate) names: BTreeMap<Language, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownShelf {
    pub(crate) id: CategoryId,
    pub(crate) version: i32,
    pub(crate) shelf: Shelf,
    pub(crate) image_url: Option<String>,
    pub(crate) thumbnail_url: Option<String>,
    /// Sold or not.
    pub(crate) products: i64,
}

impl Shelf {
    fn wrong(&self) -> Vec<FieldError> {
        let mut wrong = Wrong::default();
        if self.slug.is_empty() {
            wrong.note("slug", "REQUIRED");
        } else if !is_slug(&self.slug) {
            wrong.note("slug", "INVALID");
        }
        wrong.range("position", self.position.into(), (0, 10_000));
        if self.names.is_empty() {
            wrong.note("translations", "REQUIRED");
        }
        for (language, name) in &self.names {
            wrong.text(&format!("translations.{}", language.code()), name, (1, 120), false);
        }
        wrong.0
    }
}
