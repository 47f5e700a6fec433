//! The SQL of favourites.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::id::{FavoriteId, GuestId, ProductId, UserId};

use super::MAX;
use crate::{
    cart::Owner,
    schema::{favorites, guests},
};

pub(super) type Row = (FavoriteId, ProductId, DateTime<Utc>);

/// Restricts a query of favourites to those of one owner.
macro_rules! of {
    ($query:expr, $owner:expr) => {
        match $owner {
            Owner::User(user) => $query.filter(favorites::user_id.eq(user)).into_boxed(),
            Owner::Guest(guest) => $query.filter(favorites::guest_id.eq(guest)).into_boxed(),
        }
    };
}

pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    owner: Owner,
    before: Option<FavoriteId>,
    limit: i64,
) -> QueryResult<Vec<Row>> {
    let all = favorites::table.select((favorites::id, favorites::product_id, favorites::added_at));
    let mut query = of!(all, owner).order(favorites::id.desc()).limit(limit);
    if let Some(before) = before {
        query = query.filter(favorites::id.lt(before));
    }
    query.load(conn).await
}

/// Whether this guest's session goes on; she is kept as she is until the transaction ends.
pub(super) async fn holds(tx: &mut Tx, guest: GuestId, now: DateTime<Utc>) -> QueryResult<bool> {
    let going_on = guests::migrated_to.is_null().and(guests::expires_at.gt(now));
    let found: Option<GuestId> = guests::table
        .find(guest)
        .filter(going_on)
        .select(guests::id)
        .for_share()
        .first(tx)
        .await
        .optional()?;
    Ok(found.is_some())
}

pub(super) async fn count(tx: &mut Tx, owner: Owner) -> QueryResult<i64> {
    of!(favorites::table.count(), owner).get_result(tx).await
}

/// False when it is among them already.
pub(super) async fn insert(
    tx: &mut Tx,
    owner: Owner,
    product: ProductId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let (user, guest) = match owner {
        Owner::User(user) => (Some(user), None),
        Owner::Guest(guest) => (None, Some(guest)),
    };
    let inserted = diesel::insert_into(favorites::table)
        .values((
            favorites::id.eq(FavoriteId::generate(now)),
            favorites::user_id.eq(user),
            favorites::guest_id.eq(guest),
            favorites::product_id.eq(product),
            favorites::added_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    Ok(inserted > 0)
}

pub(super) async fn delete(
    conn: &mut AsyncPgConnection,
    owner: Owner,
    product: ProductId,
) -> QueryResult<()> {
    let wanted = favorites::product_id.eq(product);
    match owner {
        Owner::User(user) => {
            diesel::delete(favorites::table.filter(favorites::user_id.eq(user).and(wanted)))
                .execute(conn)
                .await
        }
        Owner::Guest(guest) => {
            diesel::delete(favorites::table.filter(favorites::guest_id.eq(guest).and(wanted)))
                .execute(conn)
                .await
        }
    }?;
    Ok(())
}

pub(super) async fn delete_all(tx: &mut Tx, user: UserId) -> QueryResult<()> {
    diesel::delete(favorites::table.filter(favorites::user_id.eq(user))).execute(tx).await?;
    Ok(())
}

/// Makes a guest's favourites the user's, the newest first as far as there is room; returns how many are new to her.
pub(crate) async fn take_over(
    tx: &mut Tx,
    guest: GuestId,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let theirs: Vec<Row> = list(tx, Owner::Guest(guest), None, MAX).await?;
    if theirs.is_empty() {
        return Ok(0);
    }
    // Oldest first, so that their order stays.
    let (products, moments): (Vec<ProductId>, Vec<DateTime<Utc>>) =
        theirs.iter().rev().map(|(_, product, added_at)| (*product, *added_at)).unzip();
    let mut ids: Vec<FavoriteId> = moments.iter().map(|_| FavoriteId::generate(now)).collect();
    ids.sort_unstable();
    sql_query(
        "insert into shopping.favorites (id, user_id, product_id, added_at)
         select id, $1, product_id, added_at
         from unnest($2, $3, $4) with ordinality t (id, product_id, added_at, place)
         order by place desc limit greatest(0, $5 - (select count(*) from shopping.favorites where user_id = $1))
         on conflict do nothing",
    )
    .bind::<SqlUuid, _>(user)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<SqlUuid>, _>(products)
    .bind::<Array<Timestamptz>, _>(moments)
    .bind::<BigInt, _>(MAX)
    .execute(tx)
    .await
}
