//! `Idempotency-Key`: one answer for one request, however often it is sent.
//!
//! A key is claimed before the work, together with the id that the work's result will carry. Whoever takes the
//! key over after a crash gets that same id, so that half-done work is found again and finished, never done twice.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types::Timestamptz, upsert::excluded};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{Db, DbError, cached};

diesel::table! {
    platform.idempotency_keys (scope, key) {
        scope -> Text,
        key -> Text,
        request_hash -> Bytea,
        resource_id -> Uuid,
        locked_until -> Nullable<Timestamptz>,
        status -> Nullable<Int2>,
        body -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

/// How long a request may work before a repetition takes its key over: longer than any request lives.
pub const LEASE: TimeDelta = TimeDelta::seconds(20);
/// How long answers are kept.
pub const KEPT: TimeDelta = TimeDelta::days(7);

/// Who asks for what: keys of two customers, or of two endpoints, never meet.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub scope: &'a str,
    pub key: &'a str,
    /// SHA-256 of the body: the same key with another body is a mistake of the client's.
    pub hash: &'a [u8],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Do the work under this id, which is new, then [`complete`] or [`release`].
    Fresh(Uuid),
    /// The same, under an id with which somebody may have begun.
    TakenOver(Uuid),
    /// It was done: this was the answer.
    Done { status: u16, body: String },
    /// Somebody is doing it right now.
    Running,
    /// The key was used with another body.
    Reused,
}

#[derive(HasQuery)]
#[diesel(table_name = idempotency_keys)]
struct KeyRow {
    request_hash: Vec<u8>,
    status: Option<i16>,
    body: Option<String>,
}

/// Claims the key for `fresh`, or tells what became of it.
pub async fn claim(db: &Db, request: Request<'_>, fresh: Uuid, now: DateTime<Utc>) -> Result<Claim, DbError> {
    use diesel::query_dsl::methods::FilterDsl as _;
    use idempotency_keys as k;
    let mut conn = db.conn().await?;
    let free = k::status
        .is_null()
        .and(k::request_hash.eq(excluded(k::request_hash)))
        .and(k::locked_until.is_null().or(k::locked_until.assume_not_null().lt(now)));
    // One statement decides: insert, or take over what a crash left (same body, lease run out, no answer).
    let insert = diesel::insert_into(k::table)
        .values((
            k::scope.eq(request.scope),
            k::key.eq(request.key),
            k::request_hash.eq(request.hash),
            k::resource_id.eq(fresh),
            k::locked_until.eq(now + LEASE),
            k::created_at.eq(now),
        ))
        .on_conflict((k::scope, k::key))
        .do_update()
        .set(k::locked_until.eq(excluded(k::locked_until)))
        .filter(free)
        .returning(k::resource_id);
    let mine: Option<Uuid> = cached(insert).get_result(&mut conn).await.optional()?;
    if let Some(id) = mine {
        return Ok(if id == fresh { Claim::Fresh(id) } else { Claim::TakenOver(id) });
    }
    Ok(match find(&mut conn, request).await? {
        Some(row) if row.request_hash != request.hash => Claim::Reused,
        Some(KeyRow { status: Some(status), body: Some(body), .. }) => {
            Claim::Done { status: u16::try_from(status).unwrap_or(500), body }
        }
        // Unanswered, or given back this very moment: the client asks again.
        _ => Claim::Running,
    })
}

async fn find(conn: &mut crate::Tx, request: Request<'_>) -> QueryResult<Option<KeyRow>> {
    use idempotency_keys as k;
    let mine = k::scope.eq(request.scope).and(k::key.eq(request.key));
    KeyRow::query().filter(mine).first(conn).await.optional()
}

/// Keeps the answer for every repetition to come. One that is kept already stays, for it was the first: then it is
/// told, to be given instead.
pub async fn complete(
    db: &Db,
    request: Request<'_>,
    (status, body): (u16, &str),
) -> Result<Option<(u16, String)>, DbError> {
    use idempotency_keys as k;
    let mut conn = db.conn().await?;
    let open = k::table.find((request.scope, request.key)).filter(k::status.is_null());
    let keep = diesel::update(open).set((
        k::status.eq(i16::try_from(status).unwrap_or(500)),
        k::body.eq(body),
        k::locked_until.eq(None::<DateTime<Utc>>),
    ));
    if cached(keep).execute(&mut conn).await? == 1 {
        return Ok(None);
    }
    let earlier = find(&mut conn, request).await?.and_then(|row| row.status.zip(row.body));
    Ok(earlier.map(|(status, body)| (u16::try_from(status).unwrap_or(500), body)))
}

/// Gives the key back after a refusal that changed nothing: asked again, it is judged anew.
pub async fn release(db: &Db, request: Request<'_>) -> Result<(), DbError> {
    use idempotency_keys as k;
    let mut conn = db.conn().await?;
    diesel::delete(k::table.find((request.scope, request.key)).filter(k::status.is_null()))
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// Ends the lease of work that failed half way, so that the next request with this key may finish it at once.
pub async fn reopen(db: &Db, request: Request<'_>) -> Result<(), DbError> {
    use idempotency_keys as k;
    let mut conn = db.conn().await?;
    diesel::update(k::table.find((request.scope, request.key)).filter(k::status.is_null()))
        .set(k::locked_until.eq(None::<DateTime<Utc>>))
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// Forgets a thousand of the keys older than [`KEPT`], so that no statement takes long; whether there may be more.
pub async fn sweep(conn: &mut crate::Tx, now: DateTime<Utc>) -> Result<bool, crate::QueryError> {
    let swept = diesel::sql_query(
        "delete from platform.idempotency_keys where (scope, key) in (
             select scope, key from platform.idempotency_keys where created_at < $1 order by created_at limit 1000
         )",
    );
    Ok(swept.bind::<Timestamptz, _>(now - KEPT).execute(conn).await? == 1000)
}
