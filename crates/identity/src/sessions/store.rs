//! Sessions and refresh tokens in PostgreSQL.

use chrono::{DateTime, TimeDelta, Utc};
use db::Tx;
use diesel::{
    prelude::*,
    sql_types::{Bytea, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use kernel::id::{SessionId, UserId};

use super::{EndReason, NewSession, Presented, TokenHash};
use crate::schema::{corrupt, refresh_tokens, sessions};

#[derive(HasQuery)]
#[diesel(table_name = refresh_tokens, base_query = refresh_tokens::table.inner_join(sessions::table))]
struct PresentedRow {
    generation: i32,
    expires_at: DateTime<Utc>,
    replaced_at: Option<DateTime<Utc>>,
    #[diesel(embed)]
    session: SessionRow,
}

#[derive(HasQuery)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: SessionId,
    user_id: UserId,
    user_type: String,
    expires_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

/// The session and its first token, in one round trip.
pub(crate) async fn insert_session(conn: &mut Tx, new: &NewSession) -> QueryResult<()> {
    diesel::sql_query(
        "with opened as (
             insert into identity.sessions (id, user_id, user_type, created_at, last_used_at, expires_at)
             values ($1, $2, $3, $4, $4, $5) returning id
         )
         insert into identity.refresh_tokens (hash, session_id, generation, created_at, expires_at)
         select $6, id, 1, $4, $7 from opened",
    )
    .bind::<Uuid, _>(new.id)
    .bind::<Uuid, _>(new.user)
    .bind::<Text, _>(new.user_type.as_str())
    .bind::<Timestamptz, _>(new.now)
    .bind::<Timestamptz, _>(new.expires_at())
    .bind::<Bytea, _>(&new.token.0[..])
    .bind::<Timestamptz, _>(new.token_expires_at())
    .execute(conn)
    .await?;
    Ok(())
}

/// The token and its session, both locked: two uses of one token meet here.
pub(crate) async fn lock_presented(tx: &mut Tx, hash: TokenHash) -> QueryResult<Option<Presented>> {
    let query = PresentedRow::query().filter(refresh_tokens::hash.eq(&hash.0[..])).for_update();
    let row: Option<PresentedRow> = query.first(tx).await.optional()?;
    row.map(|row| {
        let session = row.session;
        Ok(Presented {
            session: session.id,
            user: session.user_id,
            user_type: session.user_type.parse().map_err(corrupt)?,
            generation: row.generation,
            token_expires_at: row.expires_at,
            session_expires_at: session.expires_at,
            replaced: row.replaced_at.is_some(),
            ended: session.ended_at.is_some(),
        })
    })
    .transpose()
}

pub(crate) async fn put_replaced(tx: &mut Tx, hash: TokenHash, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(refresh_tokens::table.find(&hash.0[..]))
        .set(refresh_tokens::replaced_at.eq(now))
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) async fn insert_successor(
    tx: &mut Tx,
    of: &Presented,
    hash: TokenHash,
    (expires_at, now): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<()> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::hash.eq(&hash.0[..]),
            refresh_tokens::session_id.eq(of.session),
            refresh_tokens::generation.eq(of.generation + 1),
            refresh_tokens::created_at.eq(now),
            refresh_tokens::expires_at.eq(expires_at),
        ))
        .execute(tx)
        .await?;
    diesel::update(sessions::table.find(of.session)).set(sessions::last_used_at.eq(now)).execute(tx).await?;
    Ok(())
}

/// Ends it, unless it has ended before.
pub(crate) async fn end_session(
    tx: &mut Tx,
    session: SessionId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(sessions::table.find(session).filter(sessions::ended_at.is_null()))
        .set((sessions::ended_at.eq(now), sessions::end_reason.eq(reason.as_str())))
        .execute(tx)
        .await?;
    Ok(())
}

/// Forgets sessions whose whole life was over a month ago; returns how many.
pub(crate) async fn delete_old(tx: &mut Tx, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::expires_at.lt(now - TimeDelta::days(30))))
        .execute(tx)
        .await
}
