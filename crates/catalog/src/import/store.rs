//! The SQL of imports.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{
    QueryableByName,
    prelude::*,
    sql_types::{BigInt, Jsonb, Uuid},
};
use diesel_async::RunQueryDsl;
use kernel::id::{ImportId, ProductId, StaffId};
use serde::Serialize;

use super::{Import, UNDOABLE};
use crate::{
    admin::Draft,
    schema::{import_changes, imports},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = imports)]
struct Row {
    id: ImportId,
    rows: i32,
    created: i32,
    changed: i32,
    imported_at: DateTime<Utc>,
    imported_by: StaffId,
    undone_at: Option<DateTime<Utc>>,
    undone_by: Option<StaffId>,
}

impl From<Row> for Import {
    fn from(row: Row) -> Self {
        let Row { id, rows, created, changed, imported_at, imported_by, undone_at, undone_by } = row;
        Self { id, rows, created, changed, imported_at, imported_by, undone_at, undone_by }
    }
}

/// What an import did to a product.
#[derive(Debug, Serialize)]
pub(super) struct Done<'a> {
    pub(super) id: ProductId,
    pub(super) before: Option<&'a Draft>,
    pub(super) version: i32,
}

pub(super) async fn insert(tx: &mut Tx, import: &Import, done: &[Done<'_>]) -> QueryResult<()> {
    diesel::insert_into(imports::table)
        .values((
            imports::id.eq(import.id),
            imports::rows.eq(import.rows),
            imports::created.eq(import.created),
            imports::changed.eq(import.changed),
            imports::imported_at.eq(import.imported_at),
            imports::imported_by.eq(import.imported_by),
        ))
        .execute(tx)
        .await?;
    for done in done.chunks(1_000) {
        let done =
            serde_json::to_value(done).map_err(|e| diesel::result::Error::SerializationError(Box::new(e)))?;
        diesel::sql_query(
            "insert into catalog.import_changes (import_id, product_id, before, version)
             select $1, d.id, nullif(d.before, 'null'), d.version
             from jsonb_to_recordset($2) d (id uuid, before jsonb, version int)",
        )
        .bind::<Uuid, _>(import.id)
        .bind::<Jsonb, _>(&done)
        .execute(tx)
        .await?;
    }
    diesel::sql_query(
        "delete from catalog.import_changes
         where import_id not in (select id from catalog.imports order by id desc limit $1)",
    )
    .bind::<BigInt, _>(UNDOABLE)
    .execute(tx)
    .await?;
    Ok(())
}

/// The newest first.
pub(super) async fn list(tx: &mut Tx, before: Option<ImportId>, limit: i64) -> QueryResult<Vec<Import>> {
    let mut query =
        imports::table.select(Row::as_select()).order(imports::id.desc()).limit(limit).into_boxed();
    if let Some(before) = before {
        query = query.filter(imports::id.lt(before));
    }
    let rows: Vec<Row> = query.load(tx).await?;
    Ok(rows.into_iter().map(Import::from).collect())
}

pub(super) async fn find(tx: &mut Tx, id: ImportId) -> QueryResult<Option<Import>> {
    let row: Option<Row> = imports::table.find(id).select(Row::as_select()).first(tx).await.optional()?;
    Ok(row.map(Import::from))
}

/// What it did; empty when that is forgotten.
pub(super) async fn list_changes(
    tx: &mut Tx,
    id: ImportId,
) -> QueryResult<Vec<(ProductId, Option<Draft>, i32)>> {
    #[derive(QueryableByName)]
    struct ChangeRow {
        #[diesel(sql_type = Uuid)]
        product_id: ProductId,
        #[diesel(sql_type = diesel::sql_types::Nullable<Jsonb>)]
        before: Option<serde_json::Value>,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        version: i32,
    }
    let query = diesel::sql_query(
        "select product_id, before, version from catalog.import_changes where import_id = $1 order by product_id",
    );
    let rows: Vec<ChangeRow> = query.bind::<Uuid, _>(id).load(tx).await?;
    let change = |row: ChangeRow| {
        let before = row.before.map(serde_json::from_value).transpose();
        let before = before.map_err(|e| diesel::result::Error::DeserializationError(Box::new(e)))?;
        Ok((row.product_id, before, row.version))
    };
    rows.into_iter().map(change).collect()
}

pub(super) async fn mark_undone(
    tx: &mut Tx,
    id: ImportId,
    by: StaffId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(imports::table.find(id))
        .set((imports::undone_at.eq(now), imports::undone_by.eq(by)))
        .execute(tx)
        .await?;
    diesel::delete(import_changes::table.filter(import_changes::import_id.eq(id))).execute(tx).await?;
    Ok(())
}
