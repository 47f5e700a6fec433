//! Challenges and phones in PostgreSQL.

use chrono::{DateTime, TimeDelta, Utc};
use db::Tx;
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Bytea, Integer, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use kernel::{Phone, id::ChallengeId};

use super::{Closed, CountedGuess, NewChallenge, OtpLimits, SIGN_IN, SendLimit, service::Guess};
use crate::schema::{challenges, corrupt, phones};

/// Nothing looks further back than a day; a week leaves something to look at after an incident.
const KEPT: TimeDelta = TimeDelta::days(7);

/// The number's row, locked until the transaction ends; tells until when the number is locked.
pub(crate) async fn lock_phone(
    tx: &mut Tx,
    phone: &Phone,
    now: DateTime<Utc>,
) -> QueryResult<Option<DateTime<Utc>>> {
    diesel::insert_into(phones::table)
        .values((phones::phone.eq(phone.as_str()), phones::seen_at.eq(now)))
        .on_conflict(phones::phone)
        .do_update()
        .set(phones::seen_at.eq(now))
        .returning(phones::locked_until)
        .get_result(tx)
        .await
}

#[derive(QueryableByName)]
struct FreeAt {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    free_at: Option<DateTime<Utc>>,
}

/// When every limit lets another code go out: for each, when the n-th last code leaves its window.
pub(crate) async fn find_next_send(
    tx: &mut Tx,
    phone: &Phone,
    limits: &[SendLimit],
) -> QueryResult<Option<DateTime<Utc>>> {
    let seconds: Vec<i64> = limits.iter().map(|l| l.within.num_seconds()).collect();
    let at_most: Vec<i64> = limits.iter().map(|l| l.at_most.into()).collect();
    let row: FreeAt = diesel::sql_query(
        "select max(sent.at + l.seconds * interval '1 second') as free_at
         from unnest($2, $3) as l (seconds, at_most)
         cross join lateral (
             select c.created_at as at from identity.challenges c where c.phone = $1
             order by c.created_at desc offset l.at_most - 1 limit 1
         ) sent",
    )
    .bind::<Text, _>(phone.as_str())
    .bind::<Array<BigInt>, _>(seconds)
    .bind::<Array<BigInt>, _>(at_most)
    .get_result(tx)
    .await?;
    Ok(row.free_at)
}

pub(crate) async fn insert_challenge(tx: &mut Tx, new: &NewChallenge<'_>) -> QueryResult<()> {
    diesel::insert_into(challenges::table)
        .values((
            challenges::id.eq(new.id),
            challenges::phone.eq(new.phone.as_str()),
            challenges::country.eq(new.country),
            challenges::user_type.eq(new.user_type.as_str()),
            challenges::purpose.eq(SIGN_IN),
            challenges::code_hmac.eq(&new.code_hmac),
            challenges::created_at.eq(new.created_at),
            challenges::expires_at.eq(new.expires_at),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct GuessRow {
    #[diesel(sql_type = Text)]
    user_type: String,
    #[diesel(sql_type = Bytea)]
    code_hmac: Vec<u8>,
    #[diesel(sql_type = Bool)]
    admitted: bool,
}

/// Counts a guess against the challenge and, as a failure until it proves right, against the number. `None` when
/// either takes no more: whoever gets a row may compare, and nobody else.
pub(crate) async fn count_guess(
    conn: &mut Tx,
    guess: &Guess,
    limits: &OtpLimits,
    now: DateTime<Utc>,
) -> QueryResult<Option<CountedGuess>> {
    // Both updates judge the newest version of their row after waiting for its lock, so that parallel guesses
    // are counted one after the other although each is one statement.
    let row: Option<GuessRow> = diesel::sql_query(
        "with counted as (
             update identity.challenges set attempts = attempts + 1
             where id = $1 and phone = $2 and attempts < $3 and consumed_at is null and expires_at > $4
             returning phone, user_type, code_hmac
         ), number as (
             update identity.phones p set
                 failures = array(select f from unnest(p.failures) f where f > $5) || $4,
                 locked_until = case
                     when (select count(*) from unnest(p.failures) f where f > $5) + 1 >= $6 then $7 end,
                 seen_at = $4
             from counted c
             where p.phone = c.phone and (p.locked_until is null or p.locked_until <= $4)
             returning p.phone
         )
         select c.user_type, c.code_hmac, n.phone is not null as admitted
         from counted c left join number n on n.phone = c.phone",
    )
    .bind::<Uuid, _>(guess.challenge)
    .bind::<Text, _>(guess.phone.as_str())
    .bind::<Integer, _>(limits.tries)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now - limits.failures_within)
    .bind::<Integer, _>(limits.failures)
    .bind::<Timestamptz, _>(now + limits.lock_for)
    .get_result(conn)
    .await
    .optional()?;
    row.filter(|row| row.admitted)
        .map(|row| {
            Ok(CountedGuess { user_type: row.user_type.parse().map_err(corrupt)?, code_hmac: row.code_hmac })
        })
        .transpose()
}

#[derive(HasQuery)]
#[diesel(table_name = challenges, base_query = challenges::table.inner_join(phones::table))]
struct ClosedRow {
    attempts: i32,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    consumed_at: Option<DateTime<Utc>>,
    #[diesel(embed)]
    phone: PhoneRow,
}

#[derive(HasQuery)]
#[diesel(table_name = phones)]
struct PhoneRow {
    locked_until: Option<DateTime<Utc>>,
}

/// The challenge that refused a guess, if it is one of this number.
pub(crate) async fn find_closed(conn: &mut Tx, guess: &Guess) -> QueryResult<Option<Closed>> {
    let mine = challenges::id.eq(guess.challenge).and(challenges::phone.eq(guess.phone.as_str()));
    let row: Option<ClosedRow> = ClosedRow::query().filter(mine).first(conn).await.optional()?;
    Ok(row.map(|row| Closed {
        attempts: row.attempts,
        created_at: row.created_at,
        expires_at: row.expires_at,
        consumed: row.consumed_at.is_some(),
        locked_until: row.phone.locked_until,
    }))
}

/// Uses the code up and takes back the failure that its guess was counted as; false when it was used before.
pub(crate) async fn consume(conn: &mut Tx, id: ChallengeId, now: DateTime<Utc>) -> QueryResult<bool> {
    let rows = diesel::sql_query(
        "with used as (
             update identity.challenges set consumed_at = $2
             where id = $1 and consumed_at is null returning phone
         )
         update identity.phones p set
             failures = p.failures[1:cardinality(p.failures) - 1],
             locked_until = null
         from used where p.phone = used.phone",
    )
    .bind::<Uuid, _>(id)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(rows == 1)
}

/// Forgets challenges, and numbers without one, after a week; returns how many challenges.
pub(crate) async fn delete_old(tx: &mut Tx, now: DateTime<Utc>) -> QueryResult<usize> {
    let old = now - KEPT;
    let count = diesel::delete(challenges::table.filter(challenges::created_at.lt(old))).execute(tx).await?;
    let has_challenge = diesel::dsl::exists(challenges::table.filter(challenges::phone.eq(phones::phone)));
    diesel::delete(phones::table.filter(phones::seen_at.lt(old)).filter(diesel::dsl::not(has_challenge)))
        .execute(tx)
        .await?;
    Ok(count)
}
