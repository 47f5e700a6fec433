//! The shop's people in PostgreSQL.

use chrono::{DateTime, Utc};
use db::{Tx, cached};
use diesel::{
    prelude::*,
    sql_types::{Integer, Interval, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use kernel::{Email, Role, id::StaffId};

use super::{Changes, FAILURES, LOCK, Member, PasswordHash};
use crate::schema::{corrupt, epochs, password_failures, staff};

#[derive(HasQuery)]
#[diesel(table_name = staff)]
struct MemberRow {
    id: StaffId,
    email: String,
    name: String,
    role: String,
    is_active: bool,
    created_at: DateTime<Utc>,
}

impl TryFrom<MemberRow> for Member {
    type Error = diesel::result::Error;

    fn try_from(row: MemberRow) -> QueryResult<Self> {
        Ok(Self {
            id: row.id,
            email: row.email.parse().map_err(corrupt)?,
            name: row.name,
            role: row.role.parse().map_err(corrupt)?,
            is_active: row.is_active,
            created_at: row.created_at,
        })
    }
}

/// Counts a wrong password before it is looked at; false when the address takes none at this time. Of many at once
/// [`FAILURES`] get through.
pub(crate) async fn count_failure(conn: &mut Tx, email: &str, now: DateTime<Utc>) -> QueryResult<bool> {
    let rows = cached(
        diesel::sql_query(
            "insert into identity.password_failures as f (email, failures, last_at) values ($1, 1, $2)
         on conflict (email) do update set
             failures = case when f.locked_until is null then f.failures + 1 else 1 end,
             locked_until = case when f.locked_until is null and f.failures + 1 >= $3 then $2 + $4 end,
             last_at = $2
         where f.locked_until is null or f.locked_until <= $2",
        )
        .bind::<Text, _>(email)
        .bind::<Timestamptz, _>(now)
        .bind::<Integer, _>(FAILURES)
        .bind::<Interval, _>(LOCK),
    )
    .execute(conn)
    .await?;
    Ok(rows == 1)
}

pub(crate) async fn find_lock(conn: &mut Tx, email: &str) -> QueryResult<Option<DateTime<Utc>>> {
    let row = password_failures::table.find(email).select(password_failures::locked_until);
    Ok(row.first(conn).await.optional()?.flatten())
}

/// The password was right: nothing is held against the address.
pub(crate) async fn delete_failures(conn: &mut Tx, email: &str) -> QueryResult<()> {
    diesel::delete(password_failures::table.find(email)).execute(conn).await?;
    Ok(())
}

/// Forgets what no lock looks back at; returns how many addresses.
pub(crate) async fn delete_old_failures(tx: &mut Tx, now: DateTime<Utc>) -> QueryResult<usize> {
    let old = password_failures::last_at.lt(now - chrono::TimeDelta::days(1));
    diesel::delete(password_failures::table.filter(old)).execute(tx).await
}

/// Somebody active by the address, with the hash to compare with and the epoch in which this was read.
pub(crate) async fn find_credentials(
    conn: &mut Tx,
    email: &str,
) -> QueryResult<Option<(Member, PasswordHash, i32)>> {
    let this_one = diesel::dsl::sql::<diesel::sql_types::Bool>("lower(email) = ").bind::<Text, _>(email);
    let epoch = epochs::table.filter(epochs::subject.eq(staff::id)).select(epochs::epoch).single_value();
    let row: Option<(MemberRow, String, Option<i32>)> = staff::table
        .filter(this_one)
        .filter(staff::is_active)
        .select((MemberRow::as_select(), staff::password_hash, epoch))
        .first(conn)
        .await
        .optional()?;
    row.map(|(row, hash, epoch)| Ok((row.try_into()?, PasswordHash(hash), epoch.unwrap_or(0)))).transpose()
}

/// The role of somebody who works here; `None` for everybody else.
pub(crate) async fn find_role(conn: &mut Tx, id: StaffId) -> QueryResult<Option<Role>> {
    let active = staff::table.find(id).filter(staff::is_active);
    let role: Option<String> = active.select(staff::role).first(conn).await.optional()?;
    role.map(|role| role.parse().map_err(corrupt)).transpose()
}

pub(crate) async fn find_member(conn: &mut Tx, id: StaffId) -> QueryResult<Option<Member>> {
    let row: Option<MemberRow> = MemberRow::query().filter(staff::id.eq(id)).first(conn).await.optional()?;
    row.map(Member::try_from).transpose()
}

pub(crate) async fn lock_member(tx: &mut Tx, id: StaffId) -> QueryResult<Option<Member>> {
    let query = MemberRow::query().filter(staff::id.eq(id)).for_no_key_update();
    let row: Option<MemberRow> = query.first(tx).await.optional()?;
    row.map(Member::try_from).transpose()
}

/// Locks every active owner: two who take each other's office at once meet here. Returns how many there are.
pub(crate) async fn lock_owners(tx: &mut Tx) -> QueryResult<usize> {
    let owners = staff::table.filter(staff::role.eq(Role::Owner.as_str())).filter(staff::is_active);
    let ids: Vec<StaffId> = owners.select(staff::id).order(staff::id).for_no_key_update().load(tx).await?;
    Ok(ids.len())
}

/// Alphabetically.
pub(crate) async fn list_members(conn: &mut Tx) -> QueryResult<Vec<Member>> {
    let rows: Vec<MemberRow> = MemberRow::query().order((staff::name, staff::id)).load(conn).await?;
    rows.into_iter().map(Member::try_from).collect()
}

/// False when somebody has the address.
pub(crate) async fn insert_member(tx: &mut Tx, new: &Member, hash: &PasswordHash) -> QueryResult<bool> {
    let rows = diesel::insert_into(staff::table)
        .values((
            staff::id.eq(new.id),
            staff::email.eq(new.email.as_str()),
            staff::name.eq(&new.name),
            staff::role.eq(new.role.as_str()),
            staff::password_hash.eq(&hash.0),
            staff::created_at.eq(new.created_at),
            staff::updated_at.eq(new.created_at),
        ))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

pub(crate) async fn has_owner(conn: &mut Tx) -> QueryResult<bool> {
    let owners = staff::table.filter(staff::role.eq(Role::Owner.as_str())).filter(staff::is_active);
    diesel::select(diesel::dsl::exists(owners)).get_result(conn).await
}

/// Makes the first owner, unless there is an owner; true when it did. Of two at once one does.
pub(crate) async fn insert_first_owner(
    tx: &mut Tx,
    (id, email): (StaffId, &Email),
    hash: &PasswordHash,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let rows = cached(
        diesel::sql_query(
            "insert into identity.staff (id, email, name, role, password_hash, created_at, updated_at)
         select $1, $2, $2, 'owner', $3, $4, $4
         where not exists (select from identity.staff where role = 'owner' and is_active)
         on conflict do nothing",
        )
        .bind::<diesel::sql_types::Uuid, _>(id)
        .bind::<Text, _>(email.as_str())
        .bind::<Text, _>(&hash.0)
        .bind::<Timestamptz, _>(now),
    )
    .execute(tx)
    .await?;
    Ok(rows == 1)
}

#[derive(AsChangeset)]
#[diesel(table_name = staff)]
struct ChangesRow<'a> {
    name: Option<&'a str>,
    role: Option<&'static str>,
    is_active: Option<bool>,
    password_hash: Option<&'a str>,
    updated_at: DateTime<Utc>,
}

pub(crate) async fn put_changes(
    tx: &mut Tx,
    id: StaffId,
    (changes, hash): (&Changes, Option<&PasswordHash>),
    now: DateTime<Utc>,
) -> QueryResult<Member> {
    let row = ChangesRow {
        name: changes.name.as_deref(),
        role: changes.role.map(Role::as_str),
        is_active: changes.is_active,
        password_hash: hash.map(|hash| hash.0.as_str()),
        updated_at: now,
    };
    let row: MemberRow = diesel::update(staff::table.find(id))
        .set(row)
        .returning(MemberRow::as_returning())
        .get_result(tx)
        .await?;
    row.try_into()
}
