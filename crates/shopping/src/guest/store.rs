//! The SQL of guests.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{prelude::*, sql_query, sql_types::Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::id::{GuestId, UserId};

use super::TokenHash;
use crate::schema::{carts, favorites, guests};

/// A guest's session as it stands.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = guests)]
pub(crate) struct Session {
    pub(crate) id: GuestId,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) migrated_to: Option<UserId>,
    pub(crate) migrated_items: Option<i32>,
    pub(crate) migrated_favorites: Option<i32>,
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    guest: GuestId,
    hash: &TokenHash,
    (now, expires_at): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<()> {
    diesel::insert_into(guests::table)
        .values((
            guests::id.eq(guest),
            guests::token_hash.eq(hash.as_slice()),
            guests::created_at.eq(now),
            guests::expires_at.eq(expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn find(conn: &mut AsyncPgConnection, hash: &TokenHash) -> QueryResult<Option<Session>> {
    guests::table
        .filter(guests::token_hash.eq(hash.as_slice()))
        .select(Session::as_select())
        .first(conn)
        .await
        .optional()
}

pub(super) async fn put_expiry(
    conn: &mut AsyncPgConnection,
    guest: GuestId,
    expires_at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(guests::table.find(guest)).set(guests::expires_at.eq(expires_at)).execute(conn).await?;
    Ok(())
}

/// Nobody changes what the guest has until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, guest: GuestId) -> QueryResult<Option<Session>> {
    guests::table.find(guest).select(Session::as_select()).for_update().first(tx).await.optional()
}

/// The guest's cart, locked; its lines are read by whoever needs them.
pub(super) async fn lock_cart(tx: &mut Tx, guest: GuestId) -> QueryResult<Option<kernel::id::CartId>> {
    carts::table.filter(carts::guest_id.eq(guest)).select(carts::id).for_update().first(tx).await.optional()
}

/// What she had is somebody's; nothing is left with her, and she is no guest any more.
pub(super) async fn put_migrated(
    tx: &mut Tx,
    guest: GuestId,
    user: UserId,
    (items, liked): (i32, i32),
) -> QueryResult<()> {
    diesel::delete(carts::table.filter(carts::guest_id.eq(guest))).execute(tx).await?;
    diesel::delete(favorites::table.filter(favorites::guest_id.eq(guest))).execute(tx).await?;
    diesel::update(guests::table.find(guest))
        .set((
            guests::migrated_to.eq(user),
            guests::migrated_items.eq(items),
            guests::migrated_favorites.eq(liked),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Sessions that are over go, with carts and favourites; at most some hundred at a time.
pub(crate) async fn delete_expired(tx: &mut Tx, now: DateTime<Utc>) -> QueryResult<usize> {
    sql_query(
        "delete from shopping.guests where id in (
             select id from shopping.guests where expires_at < $1 order by expires_at limit 500 for update skip locked
         )",
    )
    .bind::<Timestamptz, _>(now)
    .execute(tx)
    .await
}
