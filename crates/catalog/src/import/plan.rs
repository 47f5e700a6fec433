//! What a file means, line by line. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use kernel::{FieldError, Params, id::ProductId};

use super::{
    Outcome, Report, ReportLine,
    columns::{self, COLUMNS, Column},
    table::Table,
};
use crate::admin::{Draft, draft::Wrong, products::Sheet};

/// A row that says which product it is about.
#[derive(Debug)]
pub(super) struct Line {
    row: usize,
    pub(super) code: String,
    cells: Vec<(Column, String)>,
    /// Cells below no column.
    stray: bool,
}

/// What a line makes of its product.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) row: usize,
    pub(super) id: ProductId,
    pub(super) before: Option<Sheet>,
    pub(super) after: Draft,
    pub(super) wrong: Vec<FieldError>,
}

/// The rows by their columns; or what is wrong with the header.
pub(super) fn lines(table: Table) -> Result<Vec<Line>, Vec<FieldError>> {
    let (mut wrong, mut known, mut seen) = (Wrong::default(), Vec::new(), HashSet::new());
    for name in &table.header {
        let name = name.trim().to_lowercase();
        match columns::find(&name) {
            Some((_, column)) if seen.insert(name.clone()) => known.push(Some(column)),
            Some(_) => wrong.note(name, "DUPLICATE"),
            None if name.is_empty() => known.push(None),
            None => wrong.note(name.chars().take(64).collect::<String>(), "UNKNOWN"),
        }
    }
    if !seen.contains("code") {
        wrong.note("code", "REQUIRED");
    }
    if !wrong.0.is_empty() {
        return Err(wrong.0);
    }
    let line = |(row, cells): (usize, Vec<String>)| {
        let column = |at: usize| known.get(at).copied().flatten();
        let stray =
            cells.iter().enumerate().any(|(at, cell)| column(at).is_none() && !cell.trim().is_empty());
        // A row may end early: what it does not reach is empty.
        let cells = known
            .iter()
            .enumerate()
            .filter_map(|(at, column)| Some(((*column)?, cells.get(at).cloned().unwrap_or_default())));
        let cells: Vec<_> = cells.collect();
        let code = cells.iter().find(|(column, _)| *column == Column::Code);
        let code = code.map(|(_, cell)| cell.trim().to_owned()).unwrap_or_default();
        Line { row, code, cells, stray }
    };
    Ok(table.rows.into_iter().map(line).collect())
}

/// Lays the lines over what there is. New products get the ids in turn.
pub(super) fn plan(
    lines: Vec<Line>,
    known: Vec<Sheet>,
    mut new_id: impl FnMut() -> ProductId,
) -> Vec<Planned> {
    let mut known: HashMap<String, Sheet> =
        known.into_iter().map(|sheet| (sheet.draft.code.clone(), sheet)).collect();
    let mut seen = HashSet::new();
    let plan = |line: Line| {
        let before = known.remove(&line.code);
        let mut after = match &before {
            Some(sheet) => sheet.draft.clone(),
            None => Draft { active: true, ..Draft::default() },
        };
        let mut wrong = BTreeMap::new();
        for (column, cell) in &line.cells {
            if let Err(code) = column.write(&mut after, cell) {
                wrong.insert(
                    name_of(*column),
                    FieldError { field: name_of(*column).to_owned(), code, params: Params::new() },
                );
            }
        }
        columns::tidy(&mut after);
        for error in after.wrong() {
            let column = columns::of_path(&error.field);
            wrong.entry(column).or_insert(FieldError { field: column.to_owned(), ..error });
        }
        let mut wrong: Vec<_> = wrong.into_values().collect();
        if !line.code.is_empty() && !seen.insert(line.code.clone()) {
            wrong.push(FieldError { field: "code".to_owned(), code: "REPEATED", params: Params::new() });
        }
        if line.stray {
            wrong.push(FieldError { field: String::new(), code: "STRAY", params: Params::new() });
        }
        let id = before.as_ref().map_or_else(&mut new_id, |sheet| sheet.id);
        Planned { row: line.row, id, before, after, wrong }
    };
    lines.into_iter().map(plan).collect()
}

pub(super) fn report(planned: &[Planned]) -> Report {
    let line = |planned: &Planned| {
        let outcome = match &planned.before {
            _ if !planned.wrong.is_empty() => Outcome::Refused(planned.wrong.clone()),
            None => Outcome::Created,
            Some(before) if before.draft == planned.after => Outcome::Unchanged,
            Some(before) => Outcome::Changed(differing(&before.draft, &planned.after)),
        };
        ReportLine { row: planned.row, code: planned.after.code.clone(), outcome }
    };
    Report { lines: planned.iter().map(line).collect() }
}

fn differing(before: &Draft, after: &Draft) -> Vec<&'static str> {
    let differs = |(_, column): &(&str, Column)| column.read(before) != column.read(after);
    COLUMNS.into_iter().filter(differs).map(|(name, _)| name).collect()
}

fn name_of(column: Column) -> &'static str {
    COLUMNS.into_iter().find(|(_, known)| *known == column).map_or("", |(name, _)| name)
}
