//! The SQL of carts.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use db::{DbError, Tx, cached};
use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error},
    sql_query,
    sql_types::{Array, BigInt, Bool, Integer, Jsonb, Nullable, Timestamptz, Uuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::{
    Money,
    id::{CartId, CartItemId, GuestId, ProductId, UserId},
};
use serde_json::{Value, json};

use super::{Cart, Change, Line, Owner, Quantity};
use crate::schema::{cart_items, carts};

#[derive(QueryableByName)]
struct CartRow {
    #[diesel(sql_type = Nullable<Uuid>)]
    user_id: Option<UserId>,
    #[diesel(sql_type = Nullable<Uuid>)]
    cart_id: Option<CartId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    revision: Option<i64>,
    #[diesel(embed)]
    line: Option<LineRow>,
}

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = cart_items)]
struct LineRow {
    id: CartItemId,
    product_id: ProductId,
    quantity: i32,
    price_seen: i64,
    added_at: DateTime<Utc>,
}

/// Carts and their lines, a row for each; an empty one has a row without a line. A look for each, whatever the tables held
/// when the plan was made.
macro_rules! carts_of {
    ($owners:literal) => {
        concat!(
            "select c.user_id, c.id as cart_id, c.revision, i.id, i.product_id, i.quantity, i.price_seen, i.added_at
             from ",
            $owners,
            " left join lateral (
                  select * from shopping.cart_items where cart_id = c.id offset 0
              ) i on true order by i.added_at, i.id"
        )
    };
}

/// The guest's cart as it stands, in one statement; one that was never begun has revision 0. `None` when her session is
/// over.
pub(super) async fn find_of_guest(
    conn: &mut AsyncPgConnection,
    guest: GuestId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Cart>> {
    let text = carts_of!(
        "(
             select id from shopping.guests where id = $1 and migrated_to is null and expires_at > $2
         ) g left join shopping.carts c on c.guest_id = g.id"
    );
    let query = sql_query(text).bind::<Uuid, _>(guest).bind::<Timestamptz, _>(now);
    let rows: Vec<CartRow> = cached(query).load(conn).await?;
    if rows.is_empty() { Ok(None) } else { Cart::of(rows, now).map(Some) }
}

/// The same of customers, for each of them.
pub(super) async fn find_of_users(
    conn: &mut AsyncPgConnection,
    users: &[Arc<UserId>],
    now: DateTime<Utc>,
) -> QueryResult<Vec<Cart>> {
    let text = carts_of!(
        "unnest($1) u (id)
         cross join lateral (select * from shopping.carts where user_id = u.id offset 0) c"
    );
    let users_asked: Vec<UserId> = users.iter().map(|user| **user).collect();
    let rows: Vec<CartRow> = cached(sql_query(text).bind::<Array<Uuid>, _>(users_asked)).load(conn).await?;
    let mut of = HashMap::<Option<UserId>, Vec<CartRow>>::new();
    for row in rows {
        of.entry(row.user_id).or_default().push(row);
    }
    users.iter().map(|user| Cart::of(of.remove(&Some(**user)).unwrap_or_default(), now)).collect()
}

impl Cart {
    fn of(rows: Vec<CartRow>, now: DateTime<Utc>) -> QueryResult<Self> {
        let begun = rows.as_slice().first().and_then(|row| row.cart_id.zip(row.revision));
        let (id, revision) = begun.unwrap_or((CartId::generate(now), 0));
        let lines = rows.into_iter().filter_map(|row| row.line).map(Line::try_from);
        Ok(Self { id, revision, lines: lines.collect::<QueryResult<_>>()? })
    }
}

/// Writes a cart's next revision and the change of its lines in one statement, which tells whether it found the cart;
/// `$1` is the cart, `$2` what `$changed` goes by.
macro_rules! write {
    ($conn:expr, $changed:literal, ($cart:expr, $by:expr => $kind:ty), $change:expr, $now:expr) => {{
        let text = concat!(
            "with changed as (",
            $changed,
            "), gone as (
                 delete from shopping.cart_items i using changed c where i.cart_id = c.id and i.id = any($4)
             ), put as (
                 insert into shopping.cart_items (id, cart_id, product_id, quantity, price_seen, added_at)
                 select l.id, c.id, l.product_id, l.quantity, l.price_seen, l.added_at
                 from changed c,
                      unnest($5, $6, $7, $8, $9) l (id, product_id, quantity, price_seen, added_at)
                 on conflict (cart_id, product_id)
                 do update set quantity = excluded.quantity, price_seen = excluded.price_seen
             )
             select id from changed"
        );
        let lines = &$change.put;
        let statement = sql_query(text)
            .bind::<Uuid, _>($cart)
            .bind::<$kind, _>($by)
            .bind::<Timestamptz, _>($now)
            .bind::<Array<Uuid>, _>(&$change.gone)
            .bind::<Array<Uuid>, _>(lines.iter().map(|line| line.id).collect::<Vec<_>>())
            .bind::<Array<Uuid>, _>(lines.iter().map(|line| line.product).collect::<Vec<_>>())
            .bind::<Array<Integer>, _>(
                lines.iter().map(|line| i32::from(line.quantity.0)).collect::<Vec<_>>(),
            )
            .bind::<Array<BigInt>, _>(lines.iter().map(|line| line.price_seen.amount()).collect::<Vec<_>>())
            .bind::<Array<Timestamptz>, _>(lines.iter().map(|line| line.added_at).collect::<Vec<_>>());
        Ok(cached(statement).execute($conn).await? > 0)
    }};
}

/// Begins the owner's cart. False when somebody else has just done so, or the guest's session is over: nothing is
/// written then.
pub(super) async fn begin(
    conn: &mut AsyncPgConnection,
    owner: Owner,
    cart: CartId,
    change: &Change,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    match owner {
        Owner::User(user) => write!(
            conn,
            "insert into shopping.carts (id, user_id, revision, created_at, updated_at, touched_on)
             values ($1, $2, 1, $3, $3, ($3 at time zone 'UTC')::date) on conflict do nothing returning id",
            (cart, user => Uuid),
            change,
            now
        ),
        // A guest who migrates at this moment holds her row; afterwards it is not found.
        Owner::Guest(guest) => write!(
            conn,
            "insert into shopping.carts (id, guest_id, revision, created_at, updated_at, touched_on)
             select $1, g.id, 1, $3, $3, ($3 at time zone 'UTC')::date from (
                 select id from shopping.guests where id = $2 and migrated_to is null and expires_at > $3 for share
             ) g
             on conflict do nothing returning id",
            (cart, guest => Uuid),
            change,
            now
        ),
    }
}

/// Changes a cart that was read at this revision. False when it is another by now: nothing is written then.
pub(super) async fn change(
    conn: &mut AsyncPgConnection,
    cart: CartId,
    revision: i64,
    change: &Change,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    write!(
        conn,
        "update shopping.carts
         set revision = revision + 1, updated_at = $3, touched_on = ($3 at time zone 'UTC')::date, left_alone_at = null
         where id = $1 and revision = $2 returning id",
        (cart, revision => BigInt),
        change,
        now
    )
}

/// Units to be put into a cart, and what the sum of the line must lie between.
pub(super) struct Addition {
    pub(super) owner: Owner,
    pub(super) item: CartItemId,
    pub(super) product: ProductId,
    pub(super) quantity: Quantity,
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) price: Money,
    pub(super) at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct AddedRow {
    #[diesel(sql_type = BigInt)]
    nth: i64,
    #[diesel(embed)]
    line: LineRow,
    #[diesel(sql_type = Bool)]
    whole: bool,
}

/// What became of an addition.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// Nothing: there is no such cart, or something speaks against it.
    Refused,
    /// The cart's lines.
    Whole(Vec<Line>),
    /// It was done after somebody else's change, of which these lines know nothing.
    AmongOthers(Vec<Line>),
}

/// Adds to carts that have been begun, no two of the same owner. Nothing is done when one of them would get more lines
/// than a cart has room for.
pub(super) async fn add(
    conn: &mut AsyncPgConnection,
    additions: &[Arc<Addition>],
) -> QueryResult<Vec<Added>> {
    let addition = |addition: &Arc<Addition>| {
        let (user, guest) = match addition.owner {
            Owner::User(user) => (Some(user), None),
            Owner::Guest(guest) => (None, Some(guest)),
        };
        json!({
            "user_id": user, "guest_id": guest, "item": addition.item, "product": addition.product,
            "more": addition.quantity.get(), "least": addition.least, "most": addition.most,
            "price": addition.price.amount(), "at": addition.at,
        })
    };
    let all = Value::Array(additions.iter().map(addition).collect());
    let statement = sql_query("select * from shopping.add_to_carts($1)").bind::<Jsonb, _>(all);
    let rows: Vec<AddedRow> = cached(statement).load(conn).await?;
    let mut of = HashMap::<i64, (bool, Vec<LineRow>)>::new();
    for row in rows {
        let (whole, lines) = of.entry(row.nth).or_insert((true, Vec::new()));
        *whole &= row.whole;
        lines.push(row.line);
    }
    let added = |nth| {
        let Some((whole, lines)) = of.remove(&nth) else { return Ok(Added::Refused) };
        let mut lines = lines.into_iter().map(Line::try_from).collect::<QueryResult<Vec<Line>>>()?;
        lines.sort_unstable_by_key(|line| (line.added_at, line.id));
        Ok(if whole { Added::Whole(lines) } else { Added::AmongOthers(lines) })
    };
    (1..).take(additions.len()).map(added).collect()
}

/// Whether a cart that was added to was full when its row was ours.
pub(super) fn was_full(e: &DbError) -> bool {
    match e {
        DbError::Shared(e) => was_full(e),
        DbError::Query(Error::DatabaseError(DatabaseErrorKind::CheckViolation, _)) => true,
        DbError::Query(_) | DbError::Pool(_) => false,
    }
}

/// Locks the cart until the transaction ends, and tells its revision; `None` when it is gone.
pub(super) async fn lock(tx: &mut Tx, cart: CartId) -> QueryResult<Option<i64>> {
    carts::table.find(cart).select(carts::revision).for_update().first(tx).await.optional()
}

/// The customer's cart at its next revision, locked until the transaction ends; begins one if there is none.
pub(crate) async fn lock_to_change(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> QueryResult<Cart> {
    // Insert or update, the row is locked either way: two first changes at once meet here, not later.
    let (id, revision): (CartId, i64) = diesel::insert_into(carts::table)
        .values((
            carts::id.eq(CartId::generate(now)),
            carts::user_id.eq(user),
            carts::revision.eq(1),
            carts::created_at.eq(now),
            carts::updated_at.eq(now),
            carts::touched_on.eq(now.date_naive()),
        ))
        .on_conflict(carts::user_id)
        .do_update()
        .set((
            carts::revision.eq(carts::revision + 1),
            carts::updated_at.eq(now),
            carts::touched_on.eq(now.date_naive()),
            carts::left_alone_at.eq(None::<DateTime<Utc>>),
        ))
        .returning((carts::id, carts::revision))
        .get_result(tx)
        .await?;
    Ok(Cart { id, revision, lines: list_lines(tx, id).await? })
}

/// Of a cart that is locked.
pub(crate) async fn list_lines(tx: &mut Tx, cart: CartId) -> QueryResult<Vec<Line>> {
    let rows: Vec<LineRow> = cart_items::table
        .filter(cart_items::cart_id.eq(cart))
        .order((cart_items::added_at, cart_items::id))
        .select(LineRow::as_select())
        .load(tx)
        .await?;
    rows.into_iter().map(Line::try_from).collect()
}

/// Writes lines of a cart that is locked, and whose revision is its next one already.
pub(crate) async fn put_lines(tx: &mut Tx, cart: CartId, lines: &[Line]) -> QueryResult<()> {
    for line in lines {
        let changed = (
            cart_items::quantity.eq(i32::from(line.quantity.0)),
            cart_items::price_seen.eq(line.price_seen.amount()),
        );
        diesel::insert_into(cart_items::table)
            .values((
                cart_items::id.eq(line.id),
                cart_items::cart_id.eq(cart),
                cart_items::product_id.eq(line.product),
                changed,
                cart_items::added_at.eq(line.added_at),
            ))
            .on_conflict((cart_items::cart_id, cart_items::product_id))
            .do_update()
            .set(changed)
            .execute(tx)
            .await?;
    }
    Ok(())
}

/// The lines go with it.
pub(super) async fn delete_cart(tx: &mut Tx, user: UserId) -> QueryResult<()> {
    diesel::delete(carts::table.filter(carts::user_id.eq(user))).execute(tx).await?;
    Ok(())
}

/// A cart that nobody has touched for a while.
#[derive(QueryableByName)]
pub(crate) struct LeftAlone {
    #[diesel(sql_type = Uuid)]
    pub(crate) id: CartId,
    #[diesel(sql_type = Nullable<Uuid>)]
    pub(crate) user_id: Option<UserId>,
    #[diesel(sql_type = Timestamptz)]
    pub(crate) updated_at: DateTime<Utc>,
}

/// Marks carts that were last changed before then, so that each is told of once until it is changed again.
pub(crate) async fn mark_left_alone(
    tx: &mut Tx,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<Vec<LeftAlone>> {
    sql_query(
        "update shopping.carts c set left_alone_at = $2
         from (
             select id from shopping.carts
             where left_alone_at is null and touched_on <= ($1 at time zone 'UTC')::date and updated_at < $1
             order by touched_on limit 200 for update skip locked
         ) due
         where c.id = due.id returning c.id, c.user_id, c.updated_at",
    )
    .bind::<Timestamptz, _>(before)
    .bind::<Timestamptz, _>(now)
    .load(tx)
    .await
}

impl TryFrom<LineRow> for Line {
    type Error = diesel::result::Error;

    fn try_from(row: LineRow) -> QueryResult<Self> {
        let quantity = Quantity::new(row.quantity.into())
            .map_err(|e| diesel::result::Error::DeserializationError(e.into()))?;
        Ok(Self {
            id: row.id,
            product: row.product_id,
            quantity,
            price_seen: Money::grosz(row.price_seen),
            added_at: row.added_at,
        })
    }
}
