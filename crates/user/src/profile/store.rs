//! Users in PostgreSQL. Who was anonymised is nobody's row any more.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use db::{Tx, cached};
use diesel::{prelude::*, result::Error::DeserializationError};
use diesel_async::RunQueryDsl;
use kernel::{
    Language, Phone, UserType,
    id::{CompanyId, UserId},
};

use super::{Changes, User};
use crate::{
    company::{Company, store::days_of},
    photo::store::picture,
    schema::{companies, users},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct UserRow {
    id: UserId,
    phone: Option<String>,
    user_type: String,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    language: String,
    company_id: Option<CompanyId>,
    photo: Option<String>,
    photo_thumbnail: Option<String>,
    created_at: DateTime<Utc>,
}

/// A user with name, number and terms of the company that the row points at.
type Joined = (UserRow, Option<String>, Option<String>, Option<Vec<Option<i32>>>);

#[derive(AsChangeset)]
#[diesel(table_name = users)]
struct ChangesRow<'a> {
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    email: Option<&'a str>,
    language: Option<&'static str>,
    updated_at: DateTime<Utc>,
}

/// False when the number has an account of this type already, or the id is taken.
pub(crate) async fn insert_user(tx: &mut Tx, user: &User) -> QueryResult<bool> {
    let rows = diesel::insert_into(users::table)
        .values((
            users::id.eq(user.id),
            users::phone.eq(user.phone.as_str()),
            users::user_type.eq(user.kind.as_str()),
            users::first_name.eq(&user.first_name),
            users::last_name.eq(&user.last_name),
            users::email.eq(user.email.as_str()),
            users::language.eq(user.language.code()),
            users::company_id.eq(user.company.as_ref().map(|company| company.id)),
            users::created_at.eq(user.created_at),
            users::updated_at.eq(user.created_at),
        ))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

pub(crate) async fn find_user(conn: &mut Tx, id: UserId) -> QueryResult<Option<User>> {
    let row: Option<Joined> = users::table
        .left_join(companies::table)
        .filter(users::id.eq(id).and(users::anonymised_at.is_null()))
        .select((
            UserRow::as_select(),
            companies::name.nullable(),
            companies::nip.nullable(),
            companies::payment_term_days.nullable(),
        ))
        .first(conn)
        .await
        .optional()?;
    row.map(User::try_from).transpose()
}

/// The account behind a number, its deletion called off: one statement of a form that is prepared once, because signing
/// in may cost four round trips in all.
///
/// Whoever is being anonymised at this moment is waited for, and not found afterwards.
pub(crate) async fn sign_in(conn: &mut Tx, phone: &Phone, user_type: UserType) -> QueryResult<Option<User>> {
    let this_one = users::phone.eq(phone.as_str()).and(users::user_type.eq(user_type.as_str()));
    let its_company = companies::table.filter(users::company_id.eq(companies::id.nullable()));
    let called_off = diesel::update(users::table.filter(this_one))
        .set(users::deletion_at.eq(None::<DateTime<Utc>>))
        .returning((
            UserRow::as_select(),
            its_company.select(companies::name).single_value(),
            its_company.select(companies::nip).single_value(),
            its_company.select(companies::payment_term_days).single_value(),
        ));
    let row: Option<Joined> = cached(called_off).get_result(conn).await.optional()?;
    row.map(User::try_from).transpose()
}

/// Each one's language, if there is such a user.
pub(crate) async fn find_languages(conn: &mut Tx, of: &[Arc<UserId>]) -> QueryResult<Vec<Option<Language>>> {
    let ids: Vec<UserId> = of.iter().map(|user| **user).collect();
    let find = users::table.filter(users::id.eq_any(ids)).select((users::id, users::language));
    let found: HashMap<UserId, String> = find.load(conn).await?.into_iter().collect();
    let language = |user: &Arc<UserId>| found.get(user).map(|l| l.parse().map_err(corrupt)).transpose();
    of.iter().map(language).collect()
}

/// Changes nothing when there is no such user.
pub(crate) async fn put_changes(
    conn: &mut Tx,
    id: UserId,
    changes: &Changes,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let changes = ChangesRow {
        first_name: changes.first_name.as_deref(),
        last_name: changes.last_name.as_deref(),
        email: changes.email.as_ref().map(kernel::Email::as_str),
        language: changes.language.map(Language::code),
        updated_at: now,
    };
    let somebody = users::id.eq(id).and(users::anonymised_at.is_null());
    diesel::update(users::table.filter(somebody)).set(changes).execute(conn).await?;
    Ok(())
}

pub(crate) async fn is_taken(conn: &mut Tx, phone: &Phone, user_type: UserType) -> QueryResult<bool> {
    let this_one = users::phone.eq(phone.as_str()).and(users::user_type.eq(user_type.as_str()));
    diesel::select(diesel::dsl::exists(users::table.filter(this_one))).get_result(conn).await
}

/// False when there is no such user.
pub(crate) async fn put_phone(
    conn: &mut Tx,
    id: UserId,
    phone: &Phone,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let somebody = users::id.eq(id).and(users::anonymised_at.is_null());
    let rows = diesel::update(users::table.filter(somebody))
        .set((users::phone.eq(phone.as_str()), users::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// Locks the user's row until the transaction ends; false when there is none.
pub(crate) async fn lock_user(tx: &mut Tx, id: UserId) -> QueryResult<bool> {
    let row: Option<UserId> = users::table
        .filter(users::id.eq(id).and(users::anonymised_at.is_null()))
        .select(users::id)
        .for_no_key_update()
        .first(tx)
        .await
        .optional()?;
    Ok(row.is_some())
}

impl TryFrom<Joined> for User {
    type Error = diesel::result::Error;

    fn try_from((row, company_name, company_nip, days): Joined) -> QueryResult<Self> {
        let company = match (row.company_id, company_name, company_nip) {
            (Some(id), Some(name), Some(nip)) => {
                Some(Company { id, name, nip, payment_term_days: days_of(days.unwrap_or_default()) })
            }
            _ => None,
        };
        Ok(Self {
            id: row.id,
            kind: row.user_type.parse().map_err(corrupt)?,
            phone: whole(row.phone)?.parse().map_err(corrupt)?,
            first_name: whole(row.first_name)?,
            last_name: whole(row.last_name)?,
            email: whole(row.email)?.parse().map_err(corrupt)?,
            language: row.language.parse().map_err(corrupt)?,
            company,
            photo: picture(row.photo, row.photo_thumbnail)?,
            created_at: row.created_at,
        })
    }
}

/// The database's own check: only who was anonymised lacks it.
fn whole(value: Option<String>) -> QueryResult<String> {
    value.ok_or_else(|| DeserializationError("an anonymised user".into()))
}

fn corrupt<E: std::error::Error + Send + Sync + 'static>(e: E) -> diesel::result::Error {
    DeserializationError(Box::new(e))
}
