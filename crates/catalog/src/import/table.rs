//! Rows of text out of a file that somebody sent. Nothing in it is believed: neither its sizes nor its positions.

use std::io::{Cursor, Read as _, copy, sink};

use calamine::{DataRef, Reader as _, Xlsx};

use crate::CatalogError;

/// Rows below the header.
pub(crate) const MAX_ROWS: usize = 20_000;
/// More than there are columns to know.
const MAX_COLUMNS: usize = 100;
/// What a spreadsheet may unpack to.
const MAX_UNPACKED: u64 = 128 * 1024 * 1024;
const MAX_PARTS: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// UTF-8, with commas, semicolons or tabs.
    Csv,
    Xlsx,
}

/// The header's cells, and all rows below it that are not empty, each with its number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<(usize, Vec<String>)>,
}

pub(super) fn read(kind: Kind, bytes: &[u8]) -> Result<Table, CatalogError> {
    match kind {
        Kind::Csv => csv(bytes),
        Kind::Xlsx => xlsx(bytes),
    }
}

impl Table {
    fn new() -> Self {
        Self { header: Vec::new(), rows: Vec::new() }
    }

    /// Takes the cells of the row with that number, from 0.
    fn push(&mut self, row: usize, cells: Vec<String>) -> Result<(), CatalogError> {
        if row == 0 {
            self.header = cells;
        } else if row > MAX_ROWS {
            return Err(CatalogError::TooManyRows);
        } else if cells.iter().any(|cell| !cell.trim().is_empty()) {
            self.rows.push((row + 1, cells));
        }
        Ok(())
    }
}

fn csv(bytes: &[u8]) -> Result<Table, CatalogError> {
    let text = std::str::from_utf8(bytes).map_err(unreadable)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let often = |delimiter: &u8| first.bytes().filter(|b| b == delimiter).count();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(often).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.delimiter(delimiter).has_headers(false).flexible(true);
    let mut table = Table::new();
    for (row, record) in reader.from_reader(text.as_bytes()).into_records().enumerate() {
        let record = record.map_err(unreadable)?;
        if record.len() > MAX_COLUMNS {
            return Err(CatalogError::FileUnreadable(format!("row {} has too many cells", row + 1)));
        }
        table.push(row, record.iter().map(plain).collect())?;
    }
    Ok(table)
}

fn xlsx(bytes: &[u8]) -> Result<Table, CatalogError> {
    refuse_bombs(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let name = book.sheet_names().first().cloned();
    let name = name.ok_or_else(|| CatalogError::FileUnreadable("no sheet".to_owned()))?;
    // Cell by cell: a range is as large as its farthest cell says.
    let mut cells = book.worksheet_cells_reader(&name).map_err(unreadable)?;
    let (mut table, mut current, mut row) = (Table::new(), Vec::new(), 0);
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let text = text_of(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let (at, column) = cell.get_position();
        let place = usize::try_from(at).ok().zip(usize::try_from(column).ok());
        let (at, column) = place.ok_or(CatalogError::TooManyRows)?;
        if column >= MAX_COLUMNS || at < row {
            return Err(CatalogError::FileUnreadable(format!("a cell of row {} is out of place", at + 1)));
        }
        if at > row {
            table.push(row, std::mem::take(&mut current))?;
            row = at;
        }
        current.resize(current.len().max(column + 1), String::new());
        if let Some(slot) = current.get_mut(column) {
            *slot = text;
        }
    }
    table.push(row, current)?;
    Ok(table)
}

/// Unpacks everything once into nothing, and stops when it is too much.
fn refuse_bombs(bytes: &[u8]) -> Result<(), CatalogError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if archive.len() > MAX_PARTS {
        return Err(CatalogError::FileUnreadable("too many parts".to_owned()));
    }
    let mut left = MAX_UNPACKED;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(unreadable)?;
        let unpacked = copy(&mut part.take(left + 1), &mut sink()).map_err(unreadable)?;
        left = left
            .checked_sub(unpacked)
            .ok_or_else(|| CatalogError::FileUnreadable("it unpacks to too much".to_owned()))?;
    }
    Ok(())
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) => plain(text),
        DataRef::SharedString(text) => plain(text),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

/// What a spreadsheet would take for a formula is written behind an apostrophe.
pub(super) fn guarded(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

fn plain(text: &str) -> String {
    text.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(text).to_owned()
}

fn is_formula(text: &str) -> bool {
    // An apostrophe of its own is guarded as well, so that it is not taken for ours.
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
        || text.strip_prefix('\'').is_some_and(is_formula)
}

fn unreadable(e: impl std::fmt::Display) -> CatalogError {
    CatalogError::FileUnreadable(e.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let Table { header, rows } = read(Kind::Csv, text.as_bytes()).unwrap();
        std::iter::once(header).chain(rows.into_iter().map(|(_, cells)| cells)).collect()
    }

    #[test]
    fn commas_semicolons_and_tabs_part_cells() {
        for text in ["a,b\n1,\"2,5\"\n", "\u{feff}a;b\r\n1;2,5\r\n", "a\tb\n1\t2,5"] {
            assert_eq!(cells(text), [["a", "b"], ["1", "2,5"]], "{text:?}");
        }
        assert_eq!(read(Kind::Csv, b"").unwrap(), Table::new());
        assert!(matches!(read(Kind::Csv, b"a\n\xff"), Err(CatalogError::FileUnreadable(_))));
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts() {
        let table = read(Kind::Csv, b"code,name\n1,\"two\nlines\"\n,\n3,x\n").unwrap();
        assert_eq!(table.rows.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 4]);
        let many = "x\n".repeat(MAX_ROWS + 2);
        assert!(matches!(read(Kind::Csv, many.as_bytes()), Err(CatalogError::TooManyRows)));
    }

    proptest! {
        #[test]
        fn what_is_guarded_is_read_back_and_is_no_formula(text in "['=+@\t-]{0,4}[a-z]{0,3}") {
            let written = guarded(&text);
            prop_assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{written:?}");
            prop_assert_eq!(plain(&written), text);
        }

        /// Whatever somebody sends: an answer, and no panic.
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(Kind::Csv, &bytes);
            let _ = read(Kind::Xlsx, &bytes);
        }
    }
}
