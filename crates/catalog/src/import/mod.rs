//! Files of products: read, compared with what there is, taken over whole or not at all, undone; and written.

mod columns;
pub(crate) mod http;
mod plan;
mod service;
mod store;
mod table;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use kernel::{
    FieldError,
    id::{ImportId, StaffId},
};

use crate::{CatalogError, error::MAX_TOLD};

pub(crate) use table::{Kind, MAX_ROWS};

/// A file may have 5 MiB.
pub(crate) const MAX_BYTES: usize = 5 * 1024 * 1024;
/// Of the last so many imports it is known what they changed: they can be undone.
const UNDOABLE: i64 = 20;

/// What a file would do, or did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) lines: Vec<ReportLine>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ReportLine {
    /// As a spreadsheet counts: the first below the header is 2.
    pub(crate) row: usize,
    pub(crate) code: String,
    pub(crate) outcome: Outcome,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Created,
    /// In these columns.
    Changed(Vec<&'static str>),
    Unchanged,
    /// By column.
    Refused(Vec<FieldError>),
}

impl Report {
    /// What is wrong, if anything is: bad rows are counted, and the first errors told.
    pub(crate) fn refusal(&self) -> Option<CatalogError> {
        let refused = self.lines.iter().filter_map(|line| match &line.outcome {
            Outcome::Refused(errors) => Some((line.row, errors)),
            _ => None,
        });
        let rows = refused.clone().count();
        let errors = refused.flat_map(|(row, errors)| {
            errors.iter().map(move |e| FieldError { field: format!("rows[{row}].{}", e.field), ..e.clone() })
        });
        (rows > 0).then(|| CatalogError::ImportRefused { rows, first: errors.take(MAX_TOLD).collect() })
    }
}

/// An import that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) id: ImportId,
    pub(crate) rows: i32,
    pub(crate) created: i32,
    pub(crate) changed: i32,
    pub(crate) imported_at: DateTime<Utc>,
    pub(crate) imported_by: StaffId,
    pub(crate) undone_at: Option<DateTime<Utc>>,
    pub(crate) undone_by: Option<StaffId>,
}
