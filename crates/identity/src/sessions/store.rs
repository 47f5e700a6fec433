//! Sessions, refresh tokens and epochs in PostgreSQL.

use chrono::{DateTime, TimeDelta, Utc};
use db::{Tx, cached};
use diesel::{
    prelude::*,
    sql_types::{Bool, Bytea, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use kernel::id::SessionId;
use uuid::Uuid;

use super::{
    Basis, EndReason, Holder, NewSession, Presented, Sealed, Session, TokenHash, revocations::Revoked,
};
use crate::schema::{corrupt, refresh_tokens, sessions};

#[derive(QueryableByName)]
struct EpochRow {
    #[diesel(sql_type = Integer)]
    epoch: i32,
}

/// The session and its first token, in one round trip; returns the epoch that it is opened in, or nothing when what it
/// was to be opened upon has changed.
///
/// What changes at this very moment and is not seen yet raises the subject's epoch as well, and so ends the session.
pub(crate) async fn insert_session(conn: &mut Tx, new: &NewSession<'_>) -> QueryResult<Option<i32>> {
    let (phone, phone_epoch, epoch) = match new.basis {
        Basis::Fresh => (None, None, None),
        Basis::Phone(phone, epoch) => (Some(phone.as_str()), Some(epoch), None),
        Basis::Epoch(epoch) => (None, None, Some(epoch)),
    };
    let row: Option<EpochRow> = cached(
        diesel::sql_query(
            "with current as (
                 select coalesce((select e.epoch from identity.epochs e where e.subject = $2), 0) as epoch
             ), opened as (
                 insert into identity.sessions
                     (id, user_id, user_type, created_at, last_used_at, expires_at, device, epoch)
                 select $1, $2, $3, $4, $4, $5, $6, c.epoch from current c
                 where ($9 is null
                        or exists (select from identity.phones p where p.phone = $9 and p.epoch = $10))
                   and ($11 is null or c.epoch = $11)
                 returning id, epoch
             ), token as (
                 insert into identity.refresh_tokens (hash, session_id, generation, created_at, expires_at)
                 select $7, id, 1, $4, $8 from opened
             )
             select epoch from opened",
        )
        .bind::<SqlUuid, _>(new.id)
        .bind::<SqlUuid, _>(new.subject)
        .bind::<Text, _>(new.holder.as_str())
        .bind::<Timestamptz, _>(new.now)
        .bind::<Timestamptz, _>(new.expires_at())
        .bind::<Nullable<Text>, _>(new.device)
        .bind::<Bytea, _>(&new.token.0[..])
        .bind::<Timestamptz, _>(new.token_expires_at())
        .bind::<Nullable<Text>, _>(phone)
        .bind::<Nullable<Integer>, _>(phone_epoch)
        .bind::<Nullable<Integer>, _>(epoch),
    )
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(|row| row.epoch))
}

#[derive(QueryableByName)]
struct PresentedRow {
    #[diesel(sql_type = SqlUuid)]
    session: SessionId,
    #[diesel(sql_type = SqlUuid)]
    subject: Uuid,
    #[diesel(sql_type = Text)]
    holder: String,
    #[diesel(sql_type = Integer)]
    opened_in: i32,
    #[diesel(sql_type = Integer)]
    current_epoch: i32,
    #[diesel(sql_type = Integer)]
    generation: i32,
    #[diesel(sql_type = Integer)]
    newest: i32,
    #[diesel(sql_type = Timestamptz)]
    token_expires_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    session_expires_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    replaced_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Bytea>)]
    sealed_successor: Option<Vec<u8>>,
    #[diesel(sql_type = Bool)]
    ended: bool,
}

/// The token and its session, both locked: two uses of one token meet here.
pub(crate) async fn lock_presented(tx: &mut Tx, hash: TokenHash) -> QueryResult<Option<Presented>> {
    let row: Option<PresentedRow> = cached(
diesel::sql_query(
        "select s.id as session, s.user_id as subject, s.user_type as holder, s.epoch as opened_in,
                coalesce((select e.epoch from identity.epochs e where e.subject = s.user_id), 0) as current_epoch,
                t.generation, s.generation as newest, t.expires_at as token_expires_at,
                s.expires_at as session_expires_at, t.replaced_at, t.sealed_successor,
                s.ended_at is not null as ended
         from identity.refresh_tokens t join identity.sessions s on s.id = t.session_id
         where t.hash = $1 for update of t, s",
    )
    .bind::<Bytea, _>(&hash.0[..]),
    )
    .get_result(tx)
    .await
    .optional()?;
    row.map(Presented::try_from).transpose()
}

impl TryFrom<PresentedRow> for Presented {
    type Error = diesel::result::Error;

    fn try_from(row: PresentedRow) -> QueryResult<Self> {
        let sealed = row.sealed_successor.and_then(|bytes| bytes.try_into().ok()).map(Sealed);
        Ok(Self {
            session: row.session,
            subject: row.subject,
            holder: Holder::parse(&row.holder).map_err(corrupt)?,
            epochs: (row.opened_in, row.current_epoch),
            generations: (row.generation, row.newest),
            token_expires_at: row.token_expires_at,
            session_expires_at: row.session_expires_at,
            // One replaced before successors were kept has none to give: it is over whenever it comes.
            replaced: row.replaced_at.map(|at| (at, sealed)),
            ended: row.ended,
        })
    }
}

/// Puts `new` in the place of the presented token, in one round trip.
pub(crate) async fn replace_token(
    tx: &mut Tx,
    old: TokenHash,
    (new, sealed): (TokenHash, Sealed),
    (expires_at, now): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<()> {
    cached(
        diesel::sql_query(
            "with replaced as (
             update identity.refresh_tokens set replaced_at = $2, sealed_successor = $3 where hash = $1
             returning session_id, generation + 1 as generation
         ), used as (
             update identity.sessions s set last_used_at = $2, generation = r.generation
             from replaced r where s.id = r.session_id
         )
         insert into identity.refresh_tokens (hash, session_id, generation, created_at, expires_at)
         select $4, session_id, generation, $2, $5 from replaced",
        )
        .bind::<Bytea, _>(&old.0[..])
        .bind::<Timestamptz, _>(now)
        .bind::<Bytea, _>(&sealed.0[..])
        .bind::<Bytea, _>(&new.0[..])
        .bind::<Timestamptz, _>(expires_at),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends it, unless it has ended before or is somebody else's.
pub(crate) async fn end_session(
    tx: &mut Tx,
    (subject, session): (Uuid, SessionId),
    reason: EndReason,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let still_theirs = sessions::user_id.eq(subject).and(sessions::ended_at.is_null());
    let rows = diesel::update(sessions::table.find(session).filter(still_theirs))
        .set((sessions::ended_at.eq(now), sessions::end_reason.eq(reason.as_str())))
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

/// Ends every session and raises the epoch, so that one which is being opened at this moment serves no more either.
/// Returns the new epoch.
pub(crate) async fn end_all(
    tx: &mut Tx,
    subject: Uuid,
    reason: EndReason,
    now: DateTime<Utc>,
) -> QueryResult<i32> {
    let row: EpochRow = cached(
        diesel::sql_query(
            "insert into identity.epochs (subject, epoch, raised_at) values ($1, 1, $2)
         on conflict (subject) do update set epoch = epochs.epoch + 1, raised_at = $2
         returning epoch",
        )
        .bind::<SqlUuid, _>(subject)
        .bind::<Timestamptz, _>(now),
    )
    .get_result(tx)
    .await?;
    let theirs = sessions::user_id.eq(subject).and(sessions::ended_at.is_null());
    diesel::update(sessions::table.filter(theirs))
        .set((sessions::ended_at.eq(now), sessions::end_reason.eq(reason.as_str())))
        .execute(tx)
        .await?;
    Ok(row.epoch)
}

#[derive(HasQuery)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: SessionId,
    device: Option<String>,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

/// The latest used first, at most 100; only those that hold at `holding_at`, or all.
pub(crate) async fn list_sessions(
    conn: &mut Tx,
    subject: Uuid,
    holding_at: Option<DateTime<Utc>>,
) -> QueryResult<Vec<Session>> {
    let mut query = SessionRow::query().filter(sessions::user_id.eq(subject)).into_boxed();
    if let Some(now) = holding_at {
        query = query.filter(sessions::ended_at.is_null()).filter(sessions::expires_at.gt(now));
    }
    let rows: Vec<SessionRow> = query.order(sessions::last_used_at.desc()).limit(100).load(conn).await?;
    Ok(rows.into_iter().map(Session::from).collect())
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: row.id,
            device: row.device,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
        }
    }
}

#[derive(QueryableByName)]
struct RevokedRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<Integer>)]
    epoch: Option<i32>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

/// Sessions that ended and epochs that were raised since then.
pub(crate) async fn list_revoked(conn: &mut Tx, since: DateTime<Utc>) -> QueryResult<Vec<Revoked>> {
    let rows: Vec<RevokedRow> = cached(
        diesel::sql_query(
            "select id, null::int as epoch, ended_at as at from identity.sessions where ended_at > $1
         union all
         select subject, epoch, raised_at from identity.epochs where raised_at > $1",
        )
        .bind::<Timestamptz, _>(since),
    )
    .load(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| match row.epoch {
            None => Revoked::Session(SessionId(row.id), row.at),
            Some(epoch) => Revoked::Before { subject: row.id, epoch, at: row.at },
        })
        .collect())
}

/// Forgets them with their tokens; the epoch stays, for tokens that are still about.
pub(crate) async fn delete_sessions(tx: &mut Tx, subject: Uuid) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::user_id.eq(subject))).execute(tx).await?;
    Ok(())
}

/// Forgets tokens that have expired and sessions whose whole life was over a month ago; returns how many sessions.
pub(crate) async fn delete_old(tx: &mut Tx, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(refresh_tokens::table.filter(refresh_tokens::expires_at.lt(now))).execute(tx).await?;
    let long_ago = now - TimeDelta::days(30);
    diesel::delete(sessions::table.filter(sessions::expires_at.lt(long_ago))).execute(tx).await
}
