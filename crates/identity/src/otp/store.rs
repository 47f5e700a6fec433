//! Challenges and phones in PostgreSQL.

use chrono::{DateTime, TimeDelta, Utc};
use db::{Tx, cached};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bytea, Integer, Interval, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use kernel::{
    Phone,
    id::{ChallengeId, UserId},
};

use super::{
    Closed, ConversionWatch, CountedGuess, Guess, NewChallenge, OtpLimits, Purpose, Scope, SendLimit, Series,
    Wanted,
};
use crate::schema::{challenges, corrupt, paused_countries, phones};

/// Nothing looks further back than a day; a week leaves something to look at after an incident.
const KEPT: TimeDelta = TimeDelta::days(7);

/// Codes to a number that are further apart are no series.
const SERIES: TimeDelta = TimeDelta::hours(1);

/// Advisory locks of this class are sends that are being counted.
const COUNTING: i32 = 7_234_002;

/// The number's row, locked until the transaction ends; tells until when the number is locked.
pub(crate) async fn lock_phone(
    tx: &mut Tx,
    phone: &Phone,
    now: DateTime<Utc>,
) -> QueryResult<Option<DateTime<Utc>>> {
    let row = diesel::insert_into(phones::table)
        .values((phones::phone.eq(phone.as_str()), phones::seen_at.eq(now)))
        .on_conflict(phones::phone)
        .do_update()
        .set(phones::seen_at.eq(now))
        .returning(phones::locked_until);
    cached(row).get_result(tx).await
}

/// Makes everybody wait who counts sends by the same network, the same prefix, or all of them: until this transaction
/// has counted and sent. Taken in one order, so that nobody waits for each other.
pub(crate) async fn lock_counts(tx: &mut Tx, wanted: &[Wanted<'_>]) -> QueryResult<()> {
    let mut names = vec!["all".to_owned()];
    for one in wanted {
        names.push(format!("network {}", one.network));
        names.push(format!("prefix {}", prefix_of(one.phone)));
    }
    cached(
        diesel::sql_query(
            "select pg_advisory_xact_lock($1, key) from
             (select distinct hashtext(name) as key from unnest($2) as n (name) order by key) ordered",
        )
        .bind::<Integer, _>(COUNTING)
        .bind::<Array<Text>, _>(names),
    )
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct FreeAt {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    free_at: Option<DateTime<Utc>>,
}

/// When every limit lets another code go out: for each, when the n-th last code leaves its window.
pub(crate) async fn find_next_send(
    tx: &mut Tx,
    wanted: &Wanted<'_>,
    limits: &[SendLimit],
) -> QueryResult<Option<DateTime<Utc>>> {
    let of = |scope| {
        let chosen = limits.iter().filter(move |l| l.scope == scope);
        let (seconds, offsets): (Vec<i64>, Vec<i64>) =
            chosen.map(|l| (l.within.num_seconds(), i64::from(l.at_most) - 1)).unzip();
        (seconds, offsets)
    };
    let (phone, network, prefix, global) =
        (of(Scope::Phone), of(Scope::Network), of(Scope::Prefix), of(Scope::Global));
    let row: FreeAt = cached(
        diesel::sql_query(
            "select max(sent.at + sent.seconds * interval '1 second') as free_at from (
             select l.seconds, (select c.created_at from identity.challenges c where c.phone = $1
                                order by c.created_at desc offset l.skipped limit 1) as at
             from unnest($2, $3) as l (seconds, skipped)
             union all
             select l.seconds, (select c.created_at from identity.challenges c where c.asked_from = $4
                                order by c.created_at desc offset l.skipped limit 1)
             from unnest($5, $6) as l (seconds, skipped)
             union all
             select l.seconds, (select c.created_at from identity.challenges c where c.prefix = $7
                                order by c.created_at desc offset l.skipped limit 1)
             from unnest($8, $9) as l (seconds, skipped)
             union all
             select l.seconds, (select c.created_at from identity.challenges c
                                order by c.created_at desc offset l.skipped limit 1)
             from unnest($10, $11) as l (seconds, skipped)
         ) sent",
        )
        .bind::<Text, _>(wanted.phone.as_str())
        .bind::<Array<BigInt>, _>(phone.0)
        .bind::<Array<BigInt>, _>(phone.1)
        .bind::<Text, _>(wanted.network)
        .bind::<Array<BigInt>, _>(network.0)
        .bind::<Array<BigInt>, _>(network.1)
        .bind::<Text, _>(prefix_of(wanted.phone))
        .bind::<Array<BigInt>, _>(prefix.0)
        .bind::<Array<BigInt>, _>(prefix.1)
        .bind::<Array<BigInt>, _>(global.0)
        .bind::<Array<BigInt>, _>(global.1),
    )
    .get_result(tx)
    .await?;
    Ok(row.free_at)
}

#[derive(QueryableByName)]
struct SeriesRow {
    #[diesel(sql_type = BigInt)]
    sent: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_at: Option<DateTime<Utc>>,
}

/// The codes to a number since one of them was used, of the last hour; and when the last of all was sent.
pub(crate) async fn find_series(tx: &mut Tx, phone: &Phone, now: DateTime<Utc>) -> QueryResult<Series> {
    let row: SeriesRow = cached(
        diesel::sql_query(
            "select count(*) filter (where created_at > coalesce(
                    (select max(u.created_at) from identity.challenges u
                     where u.phone = $1 and u.created_at > $2 and u.consumed_at is not null), $2)) as sent,
                max(created_at) as last_at
         from identity.challenges where phone = $1 and created_at > $2",
        )
        .bind::<Text, _>(phone.as_str())
        .bind::<Timestamptz, _>(now - SERIES),
    )
    .get_result(tx)
    .await?;
    Ok(Series { sent: usize::try_from(row.sent).unwrap_or(usize::MAX), last_at: row.last_at })
}

/// Until when no code goes to a country, if it is paused.
pub(crate) async fn find_pause(tx: &mut Tx, country: &str) -> QueryResult<Option<DateTime<Utc>>> {
    paused_countries::table.find(country).select(paused_countries::paused_until).first(tx).await.optional()
}

#[derive(QueryableByName)]
struct Conversion {
    #[diesel(sql_type = BigInt)]
    sent: i64,
    #[diesel(sql_type = BigInt)]
    used: i64,
}

/// Pauses the country when its codes are hardly used; tells until when. What was sent before its last pause ended, and
/// what may still be used, is not judged.
pub(crate) async fn pause_unused(
    tx: &mut Tx,
    country: &str,
    (watch, lifetime): (&ConversionWatch, TimeDelta),
    now: DateTime<Utc>,
) -> QueryResult<Option<DateTime<Utc>>> {
    let judged: Conversion = cached(
        diesel::sql_query(
            "select count(*) as sent, count(consumed_at) as used from (
             select consumed_at from identity.challenges
             where country = $1 and created_at <= $2 and created_at > coalesce(
                 (select paused_until from identity.paused_countries where country = $1), '-infinity')
             order by created_at desc limit $3
         ) last",
        )
        .bind::<Text, _>(country)
        .bind::<Timestamptz, _>(now - lifetime)
        .bind::<BigInt, _>(i64::from(watch.codes)),
    )
    .get_result(tx)
    .await?;
    if judged.sent < i64::from(watch.codes) || judged.used >= i64::from(watch.used_at_least) {
        return Ok(None);
    }
    let until = now + watch.pause;
    diesel::insert_into(paused_countries::table)
        .values((paused_countries::country.eq(country), paused_countries::paused_until.eq(until)))
        .on_conflict(paused_countries::country)
        .do_update()
        .set(paused_countries::paused_until.eq(until))
        .execute(tx)
        .await?;
    Ok(Some(until))
}

pub(crate) async fn insert_challenge(tx: &mut Tx, new: &NewChallenge<'_>) -> QueryResult<()> {
    let wanted = new.wanted;
    diesel::insert_into(challenges::table)
        .values((
            challenges::id.eq(new.id),
            challenges::phone.eq(wanted.phone.as_str()),
            challenges::country.eq(new.country),
            challenges::user_type.eq(wanted.user_type.as_str()),
            challenges::purpose.eq(wanted.purpose.as_str()),
            challenges::asked_from.eq(wanted.network),
            challenges::user_id.eq(wanted.user),
            challenges::code_hmac.eq(&new.code_hmac),
            challenges::created_at.eq(new.created_at),
            challenges::expires_at.eq(new.expires_at),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// The number that a code of this user's went to.
pub(crate) async fn find_phone(
    conn: &mut Tx,
    id: ChallengeId,
    (purpose, user): (Purpose, UserId),
) -> QueryResult<Option<Phone>> {
    let mine = challenges::user_id.eq(user).and(challenges::purpose.eq(purpose.as_str()));
    let phone: Option<String> =
        challenges::table.find(id).filter(mine).select(challenges::phone).first(conn).await.optional()?;
    phone.map(|text| text.parse().map_err(corrupt)).transpose()
}

#[derive(QueryableByName)]
struct GuessRow {
    #[diesel(sql_type = Text)]
    user_type: String,
    #[diesel(sql_type = Bytea)]
    code_hmac: Vec<u8>,
    /// Of the number; none when it takes no guess.
    #[diesel(sql_type = Nullable<Integer>)]
    phone_epoch: Option<i32>,
}

/// Counts a guess against the challenge and, as a failure until it proves right, against the number. `None` when
/// either takes no more: whoever gets a row may compare, and nobody else.
///
/// The first failure too many locks the number for the first of three times, the next ones of that day for longer.
pub(crate) async fn count_guess(
    conn: &mut Tx,
    guess: &Guess,
    (purpose, user): (Purpose, Option<UserId>),
    limits: &OtpLimits,
    now: DateTime<Utc>,
) -> QueryResult<Option<CountedGuess>> {
    // Both updates judge the newest version of their row after waiting for its lock, so that parallel guesses
    // are counted one after the other although each is one statement.
    let [short, longer, longest] = limits.lock_for;
    let row: Option<GuessRow> = cached(
        diesel::sql_query(
            "with counted as (
             update identity.challenges set attempts = attempts + 1
             where id = $1 and phone = $2 and attempts < $3 and consumed_at is null and expires_at > $4
                 and purpose = $8 and user_id is not distinct from $9
             returning phone, user_type, code_hmac
         ), number as (
             update identity.phones p set
                 failures = array(select f from unnest(p.failures) f where f > $5) || $4,
                 locked_until = case (select count(*) from unnest(p.failures) f where f > $5) + 1 - $6
                     when 0 then $4 + $7 when 1 then $4 + $10
                     else case when (select count(*) from unnest(p.failures) f where f > $5) + 1 > $6
                               then $4 + $11 end
                 end,
                 seen_at = $4
             from counted c
             where p.phone = c.phone and (p.locked_until is null or p.locked_until <= $4)
             returning p.phone, p.epoch
         )
         select c.user_type, c.code_hmac, n.epoch as phone_epoch
         from counted c left join number n on n.phone = c.phone",
        )
        .bind::<Uuid, _>(guess.challenge)
        .bind::<Text, _>(guess.phone.as_str())
        .bind::<Integer, _>(limits.tries)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now - limits.failures_within)
        .bind::<Integer, _>(limits.failures)
        .bind::<Interval, _>(short)
        .bind::<Text, _>(purpose.as_str())
        .bind::<Nullable<Uuid>, _>(user)
        .bind::<Interval, _>(longer)
        .bind::<Interval, _>(longest),
    )
    .get_result(conn)
    .await
    .optional()?;
    let Some((row, phone_epoch)) = row.and_then(|row| row.phone_epoch.map(|epoch| (row, epoch))) else {
        return Ok(None);
    };
    let user_type = row.user_type.parse().map_err(corrupt)?;
    Ok(Some(CountedGuess { user_type, phone_epoch, code_hmac: row.code_hmac }))
}

/// Whoever proved to hold the number before this signs in to nothing any more.
pub(crate) async fn raise_phone_epoch(tx: &mut Tx, phone: &Phone) -> QueryResult<()> {
    diesel::update(phones::table.find(phone.as_str()))
        .set(phones::epoch.eq(phones::epoch + 1))
        .execute(tx)
        .await?;
    Ok(())
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

/// The challenge that refused a guess, if it is one of this number and for this purpose.
pub(crate) async fn find_closed(
    conn: &mut Tx,
    guess: &Guess,
    (purpose, user): (Purpose, Option<UserId>),
) -> QueryResult<Option<Closed>> {
    let mine = challenges::id
        .eq(guess.challenge)
        .and(challenges::phone.eq(guess.phone.as_str()))
        .and(challenges::purpose.eq(purpose.as_str()))
        .and(challenges::user_id.is_not_distinct_from(user));
    let row: Option<ClosedRow> = ClosedRow::query().filter(mine).first(conn).await.optional()?;
    Ok(row.map(|row| Closed {
        attempts: row.attempts,
        created_at: row.created_at,
        expires_at: row.expires_at,
        consumed: row.consumed_at.is_some(),
        locked_until: row.phone.locked_until,
    }))
}

/// After a right guess: uses the code up, and takes back the failure that the guess was counted as. False when the code
/// was used before; then the guess was right all the same, and is no failure either.
pub(crate) async fn consume(conn: &mut Tx, id: ChallengeId, now: DateTime<Utc>) -> QueryResult<bool> {
    let used = cached(
        diesel::sql_query(
            "with used as (
                 update identity.challenges set consumed_at = $2
                 where id = $1 and consumed_at is null returning id
             ), forgiven as (
                 update identity.phones p set
                     failures = p.failures[1:cardinality(p.failures) - 1],
                     locked_until = null
                 from identity.challenges c where c.id = $1 and p.phone = c.phone
             )
             select from used",
        )
        .bind::<Uuid, _>(id)
        .bind::<Timestamptz, _>(now),
    )
    .execute(conn)
    .await?;
    Ok(used == 1)
}

/// Forgets what a user asked codes for, the numbers with them; returns how many.
pub(crate) async fn delete_of_user(tx: &mut Tx, user: UserId) -> QueryResult<usize> {
    diesel::delete(challenges::table.filter(challenges::user_id.eq(user))).execute(tx).await
}

/// Forgets challenges, and numbers without one, after a week; returns how many challenges.
pub(crate) async fn delete_old(tx: &mut Tx, now: DateTime<Utc>) -> QueryResult<usize> {
    let old = now - KEPT;
    let count = diesel::delete(challenges::table.filter(challenges::created_at.lt(old))).execute(tx).await?;
    let has_challenge = diesel::dsl::exists(challenges::table.filter(challenges::phone.eq(phones::phone)));
    diesel::delete(phones::table.filter(phones::seen_at.lt(old)).filter(diesel::dsl::not(has_challenge)))
        .execute(tx)
        .await?;
    diesel::delete(paused_countries::table.filter(paused_countries::paused_until.lt(old)))
        .execute(tx)
        .await?;
    Ok(count)
}

/// As the table computes it: all but the last four digits.
fn prefix_of(phone: &Phone) -> &str {
    let text = phone.as_str();
    text.get(..text.len().saturating_sub(4)).unwrap_or_default()
}
