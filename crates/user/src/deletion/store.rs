//! Deletions in PostgreSQL.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use kernel::id::UserId;

use crate::schema::users;

#[derive(QueryableByName)]
struct Gone {
    #[diesel(sql_type = Uuid)]
    id: UserId,
}

/// When the user will be forgotten: at `at`, or at the earlier time that stands already; `None` when there is nobody.
pub(crate) async fn put_deletion(
    tx: &mut Tx,
    user: UserId,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<Option<DateTime<Utc>>> {
    let somebody = users::id.eq(user).and(users::anonymised_at.is_null());
    let waiting = users::table.filter(somebody).select(users::deletion_at).for_no_key_update();
    let Some(waiting) = waiting.first::<Option<DateTime<Utc>>>(tx).await.optional()? else {
        return Ok(None);
    };
    let at = waiting.unwrap_or(at);
    diesel::update(users::table.find(user))
        .set((users::deletion_at.eq(at), users::updated_at.eq(now)))
        .execute(tx)
        .await?;
    Ok(Some(at))
}

pub(crate) async fn find_deletion(conn: &mut Tx, user: UserId) -> QueryResult<Option<DateTime<Utc>>> {
    let found: Option<Option<DateTime<Utc>>> =
        users::table.find(user).select(users::deletion_at).first(conn).await.optional()?;
    Ok(found.flatten())
}

/// Takes what says who they were from at most `limit` users whose time has come; their ids.
pub(crate) async fn anonymise_due(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> QueryResult<Vec<UserId>> {
    let gone: Vec<Gone> = diesel::sql_query(
        "update users.users set
             phone = null, first_name = null, last_name = null, email = null, language = 'tr',
             notify_sms = false, notify_push = false, notify_email = false,
             deletion_at = null, anonymised_at = $1, updated_at = $1
         where id in (
             select id from users.users where deletion_at <= $1
             order by deletion_at limit $2 for no key update skip locked
         )
         returning id",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(limit)
    .load(tx)
    .await?;
    Ok(gone.into_iter().map(|row| row.id).collect())
}
