//! Users in PostgreSQL.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{prelude::*, result::Error::DeserializationError};
use diesel_async::RunQueryDsl;
use kernel::{Language, Phone, UserType, id::UserId};

use super::{Changes, User};
use crate::{photo::store::picture, schema::users};

#[derive(HasQuery)]
#[diesel(table_name = users)]
struct UserRow {
    id: UserId,
    phone: String,
    user_type: String,
    first_name: String,
    last_name: String,
    email: String,
    language: String,
    photo: Option<String>,
    photo_thumbnail: Option<String>,
    created_at: DateTime<Utc>,
}

#[derive(AsChangeset)]
#[diesel(table_name = users)]
struct ChangesRow<'a> {
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    email: Option<&'a str>,
    language: Option<&'static str>,
    updated_at: DateTime<Utc>,
}

/// False when the number has an account of this type already.
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
            users::created_at.eq(user.created_at),
            users::updated_at.eq(user.created_at),
        ))
        .on_conflict((users::phone, users::user_type))
        .do_nothing()
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

pub(crate) async fn find_user(conn: &mut Tx, id: UserId) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = UserRow::query().filter(users::id.eq(id)).first(conn).await.optional()?;
    row.map(User::try_from).transpose()
}

pub(crate) async fn find_by_phone(
    conn: &mut Tx,
    phone: &Phone,
    user_type: UserType,
) -> QueryResult<Option<User>> {
    let this_one = users::phone.eq(phone.as_str()).and(users::user_type.eq(user_type.as_str()));
    let row: Option<UserRow> = UserRow::query().filter(this_one).first(conn).await.optional()?;
    row.map(User::try_from).transpose()
}

pub(crate) async fn find_language(conn: &mut Tx, id: UserId) -> QueryResult<Option<Language>> {
    let language: Option<String> =
        users::table.find(id).select(users::language).first(conn).await.optional()?;
    language.map(|l| l.parse().map_err(corrupt)).transpose()
}

/// The user as changed; `None` when there is none.
pub(crate) async fn put_changes(
    conn: &mut Tx,
    id: UserId,
    changes: &Changes,
    now: DateTime<Utc>,
) -> QueryResult<Option<User>> {
    let changes = ChangesRow {
        first_name: changes.first_name.as_deref(),
        last_name: changes.last_name.as_deref(),
        email: changes.email.as_ref().map(kernel::Email::as_str),
        language: changes.language.map(Language::code),
        updated_at: now,
    };
    let row: Option<UserRow> = diesel::update(users::table.find(id))
        .set(changes)
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    row.map(User::try_from).transpose()
}

impl TryFrom<UserRow> for User {
    type Error = diesel::result::Error;

    fn try_from(row: UserRow) -> QueryResult<Self> {
        Ok(Self {
            id: row.id,
            kind: row.user_type.parse().map_err(corrupt)?,
            phone: row.phone.parse().map_err(corrupt)?,
            first_name: row.first_name,
            last_name: row.last_name,
            email: row.email.parse().map_err(corrupt)?,
            language: row.language.parse().map_err(corrupt)?,
            photo: picture(row.photo, row.photo_thumbnail)?,
            created_at: row.created_at,
        })
    }
}

fn corrupt<E: std::error::Error + Send + Sync + 'static>(e: E) -> diesel::result::Error {
    DeserializationError(Box::new(e))
}
