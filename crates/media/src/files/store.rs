//! The book of files in PostgreSQL.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::{FileName, Picture, schema::files};

const PENDING: &str = "pending";
const KEPT: &str = "kept";
const DISCARDED: &str = "discarded";

/// Somebody wants the picture: in the transaction of the change that refers to it.
///
/// Fails when it is not pending (any more): then the change must not stand either.
pub async fn keep(tx: &mut Tx, picture: &Picture, now: DateTime<Utc>) -> QueryResult<()> {
    let names = picture.names();
    let pending = files::name.eq_any(names).and(files::state.eq(PENDING));
    let kept = diesel::update(files::table.filter(pending))
        .set((files::state.eq(KEPT), files::changed_at.eq(now)))
        .execute(tx)
        .await?;
    if kept == names.len() { Ok(()) } else { Err(diesel::result::Error::NotFound) }
}

/// Nobody wants the picture any more: in the transaction of the change that refers to it no longer. It is not served
/// from then on, and deleted by the next sweep.
pub async fn discard(tx: &mut Tx, picture: &Picture, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(files::table.filter(files::name.eq_any(picture.names())))
        .set((files::state.eq(DISCARDED), files::changed_at.eq(now)))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn insert_pending(conn: &mut Tx, picture: &Picture, now: DateTime<Utc>) -> QueryResult<()> {
    let row = |name| {
        let times = (files::created_at.eq(now), files::changed_at.eq(now));
        (files::name.eq(name), files::state.eq(PENDING), times)
    };
    diesel::insert_into(files::table).values(picture.names().map(row).to_vec()).execute(conn).await?;
    Ok(())
}

pub(crate) async fn is_kept(conn: &mut Tx, name: &FileName) -> QueryResult<bool> {
    let kept = files::name.eq(name.as_str()).and(files::state.eq(KEPT));
    diesel::select(diesel::dsl::exists(files::table.filter(kept))).get_result(conn).await
}

/// Discards what has been pending since before `deadline`; from then on nobody can keep it.
pub(crate) async fn discard_forgotten(
    conn: &mut Tx,
    deadline: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let forgotten = files::state.eq(PENDING).and(files::changed_at.lt(deadline));
    diesel::update(files::table.filter(forgotten))
        .set((files::state.eq(DISCARDED), files::changed_at.eq(now)))
        .execute(conn)
        .await
}

/// What is to be deleted, the longest discarded first.
pub(crate) async fn list_discarded(conn: &mut Tx, limit: i64) -> QueryResult<Vec<String>> {
    files::table
        .filter(files::state.eq(DISCARDED))
        .order(files::changed_at)
        .limit(limit)
        .select(files::name)
        .load(conn)
        .await
}

pub(crate) async fn delete_file(conn: &mut Tx, name: &FileName) -> QueryResult<()> {
    let discarded = files::name.eq(name.as_str()).and(files::state.eq(DISCARDED));
    diesel::delete(files::table.filter(discarded)).execute(conn).await?;
    Ok(())
}
