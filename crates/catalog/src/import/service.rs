//! Taking a file over, undoing that, and writing one.

use std::collections::HashMap;

use audit::Entry;
use chrono::{DateTime, Utc};
use db::{Transact as _, Tx};
use kernel::{
    Actor, Limit,
    id::{ImportId, ProductId},
};
use serde_json::json;

use super::{
    Import, Kind, Report,
    columns::COLUMNS,
    plan::{self, Planned},
    store::{self, Done},
    table::{self, guarded},
};
use crate::{
    CatalogError, CatalogService,
    admin::{
        Draft,
        products::{
            Wanted,
            service::{misplaced, name},
            store::{self as products, Change},
        },
        refuse,
    },
};

/// Products read for one piece of a file.
const AT_ONCE: i64 = 500;

impl CatalogService {
    /// What the file would do.
    pub(crate) async fn try_import(&self, kind: Kind, file: Vec<u8>) -> Result<Report, CatalogError> {
        let _turn = self.files.lock().await;
        let lines = read(kind, file).await?;
        // Judged as it would be done, and nothing written.
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            Ok(plan::report(&self.plan(tx, lines, self.clock.now()).await?))
        })
        .await
    }

    /// Takes the file over as a whole; one bad row, and nothing changes.
    pub(crate) async fn import(
        &self,
        actor: Actor,
        kind: Kind,
        file: Vec<u8>,
    ) -> Result<(Import, Report), CatalogError> {
        let _turn = self.files.lock().await;
        let lines = read(kind, file).await?;
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            products::lock(tx).await?;
            let now = self.clock.now();
            let planned = self.plan(tx, lines, now).await?;
            let report = plan::report(&planned);
            if let Some(refusal) = report.refusal() {
                return Err(refusal);
            }
            let (mut changes, mut done) = (Vec::new(), Vec::new());
            for Planned { id, before, after, .. } in &planned {
                let version = before.as_ref().map_or(1, |sheet| sheet.version + 1);
                let before = before.as_ref().map(|sheet| &sheet.draft);
                if before != Some(after) {
                    changes.push(Change { id: *id, before, after });
                    done.push(Done { id: *id, before, version });
                }
            }
            products::put(tx, &changes, now).await?;
            let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
            let created = changes.iter().filter(|change| change.before.is_none()).count();
            let import = Import {
                id: ImportId::generate(now),
                rows: count(planned.len()),
                created: count(created),
                changed: count(changes.len() - created),
                imported_at: now,
                imported_by: actor.staff,
                undone_at: None,
                undone_by: None,
            };
            store::insert(tx, &import, &done).await?;
            audit::record(tx, &entry(actor, "import.apply", &import), now).await?;
            Ok((import, report))
        })
        .await
    }

    /// Every product is again as it was before; those that the import made are not sold any more. Only as long as
    /// nobody has changed one of them since. Asked again, nothing happens.
    pub(crate) async fn undo_import(&self, actor: Actor, id: ImportId) -> Result<Import, CatalogError> {
        let mut conn = self.db.conn().await?;
        conn.transaction::<_, CatalogError, _>(async |tx| {
            products::lock(tx).await?;
            let now = self.clock.now();
            let import = store::find(tx, id).await?.ok_or(CatalogError::ImportNotFound)?;
            if import.undone_at.is_some() {
                return Ok(import);
            }
            let changes = store::list_changes(tx, id).await?;
            if changes.is_empty() && import.created + import.changed > 0 {
                return Err(CatalogError::ImportTooOld);
            }
            let ids: Vec<ProductId> = changes.iter().map(|(id, ..)| *id).collect();
            let now_there = products::list_by_ids(tx, &ids, now).await?;
            let mut now_there: HashMap<_, _> = now_there.into_iter().map(|sheet| (sheet.id, sheet)).collect();
            let (mut restored, mut since) = (Vec::new(), Vec::new());
            for (id, before, version) in changes {
                // Deleting one deletes its change, too.
                let Some(sheet) = now_there.remove(&id) else { continue };
                if sheet.version != version {
                    since.push(sheet.draft.code.clone());
                }
                // What the import made may have been ordered by now: it stays, and is not sold any more.
                let before = before.unwrap_or_else(|| Draft { active: false, ..sheet.draft.clone() });
                restored.push((id, sheet.draft, before));
            }
            let named: Vec<_> = restored.iter().map(|(id, _, before)| (*id, before)).collect();
            for ((_, draft), wrong) in named.iter().zip(misplaced(tx, &named).await?) {
                if !wrong.is_empty() {
                    since.push(draft.code.clone());
                }
            }
            since.sort_unstable();
            since.dedup();
            if !since.is_empty() {
                return Err(CatalogError::ChangedSinceImport { codes: since });
            }
            let changes: Vec<_> = restored
                .iter()
                .map(|(id, current, before)| Change { id: *id, before: Some(current), after: before })
                .collect();
            products::put(tx, &changes, now).await?;
            store::mark_undone(tx, id, actor.staff, now).await?;
            let import = Import { undone_at: Some(now), undone_by: Some(actor.staff), ..import };
            audit::record(tx, &entry(actor, "import.undo", &import), now).await?;
            Ok(import)
        })
        .await
    }

    /// The newest first, one more than asked for when there are more.
    pub(crate) async fn imports(
        &self,
        before: Option<ImportId>,
        limit: Limit,
    ) -> Result<Vec<Import>, CatalogError> {
        let mut conn = self.db.conn().await?;
        let limit = i64::try_from(limit.get() + 1).unwrap_or(i64::MAX);
        Ok(store::list(&mut conn, before, limit).await?)
    }

    /// The next piece of a file of all products after that code, and its last code; none at the end.
    pub(crate) async fn export_after(
        &self,
        after: Option<String>,
    ) -> Result<Option<(String, Vec<u8>)>, CatalogError> {
        let wanted = Wanted { after, ..Wanted::default() };
        let mut conn = self.db.conn().await?;
        let sheets = products::list(&mut conn, &wanted, AT_ONCE, self.clock.now()).await?;
        drop(conn);
        let Some(last) = sheets.last().map(|sheet| sheet.draft.code.clone()) else { return Ok(None) };
        let rows = sheets.iter().map(|sheet| COLUMNS.map(|(_, column)| guarded(&column.read(&sheet.draft))));
        Ok(Some((last, written(rows)?)))
    }

    async fn plan(
        &self,
        tx: &mut Tx,
        lines: Vec<plan::Line>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Planned>, CatalogError> {
        let codes: Vec<&str> = lines.iter().map(|line| line.code.as_str()).collect();
        let mut known = Vec::with_capacity(codes.len());
        for codes in codes.chunks(2_000) {
            known.extend(products::list_by_codes(tx, codes, now).await?);
        }
        let mut planned = plan::plan(lines, known, || ProductId::generate(now));
        name(tx, planned.iter_mut().filter(|p| p.wrong.is_empty()).map(|p| &mut p.after)).await?;
        let good: Vec<usize> = (0..planned.len()).filter(|at| planned[*at].wrong.is_empty()).collect();
        let drafts: Vec<_> = good.iter().map(|at| (planned[*at].id, &planned[*at].after)).collect();
        let found = misplaced(tx, &drafts).await?;
        for (at, wrong) in good.into_iter().zip(found) {
            planned[at].wrong = wrong;
        }
        Ok(planned)
    }
}

/// Off the serving threads: a spreadsheet takes a while.
async fn read(kind: Kind, file: Vec<u8>) -> Result<Vec<plan::Line>, CatalogError> {
    let table = tokio::task::spawn_blocking(move || table::read(kind, &file)).await;
    // A reader that trips over a file has not read it.
    let table = table.map_err(|e| CatalogError::FileUnreadable(e.to_string()))??;
    match plan::lines(table) {
        Ok(lines) => Ok(lines),
        Err(wrong) => refuse(wrong).map(|()| Vec::new()),
    }
}

/// The first piece of a file. The mark at its beginning tells spreadsheets that it is UTF-8.
pub(super) fn header() -> Result<Vec<u8>, CatalogError> {
    let mut file = "\u{feff}".as_bytes().to_vec();
    file.extend(written([COLUMNS.map(|(name, _)| name.to_owned())])?);
    Ok(file)
}

fn written<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> Result<Vec<u8>, CatalogError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|e| CatalogError::Writing(e.into_error().into()))
}

fn entry(actor: Actor, action: &'static str, import: &Import) -> Entry {
    let told = json!({ "rows": import.rows, "created": import.created, "changed": import.changed });
    Entry { actor, action, target: format!("import {}", import.id), before: None, after: Some(told) }
}
