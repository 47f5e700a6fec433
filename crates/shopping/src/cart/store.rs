//! The SQL of carts.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::{
    Money,
    id::{CartId, CartItemId, ProductId, UserId},
};

use super::{Cart, Line, Quantity, Remainder};
use crate::schema::{cart_items, carts};

#[derive(Queryable, Selectable)]
#[diesel(table_name = cart_items)]
struct LineRow {
    id: CartItemId,
    product_id: ProductId,
    quantity: i32,
    price_seen: i64,
    added_at: DateTime<Utc>,
}

/// The customer's cart as it stands, in one statement: `None` before anything was ever put in.
pub(super) async fn find(conn: &mut AsyncPgConnection, user: UserId) -> QueryResult<Option<Cart>> {
    let rows: Vec<(CartId, i64, Option<LineRow>)> = carts::table
        .left_join(cart_items::table)
        .filter(carts::user_id.eq(user))
        .order((cart_items::added_at, cart_items::id))
        .select((carts::id, carts::revision, Option::<LineRow>::as_select()))
        .load(conn)
        .await?;
    let [(id, revision, _), ..] = rows.as_slice() else { return Ok(None) };
    let (id, revision) = (*id, *revision);
    let lines = rows.into_iter().filter_map(|(_, _, line)| line).map(Line::try_from);
    Ok(Some(Cart { id, revision, lines: lines.collect::<QueryResult<_>>()? }))
}

/// The customer's cart at its next revision, locked until the transaction ends; begins one if there is none.
pub(super) async fn lock_to_change(
    tx: &mut AsyncPgConnection,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Cart> {
    // Insert or update, the row is locked either way: two first adds at once meet here, not later.
    let (id, revision): (CartId, i64) = diesel::insert_into(carts::table)
        .values((
            carts::id.eq(CartId::generate(now)),
            carts::user_id.eq(user),
            carts::revision.eq(1),
            carts::created_at.eq(now),
            carts::updated_at.eq(now),
        ))
        .on_conflict(carts::user_id)
        .do_update()
        .set((carts::revision.eq(carts::revision + 1), carts::updated_at.eq(now)))
        .returning((carts::id, carts::revision))
        .get_result(tx)
        .await?;
    Ok(Cart { id, revision, lines: list_lines(tx, id).await? })
}

async fn list_lines(tx: &mut AsyncPgConnection, cart: CartId) -> QueryResult<Vec<Line>> {
    let rows: Vec<LineRow> = cart_items::table
        .filter(cart_items::cart_id.eq(cart))
        .order((cart_items::added_at, cart_items::id))
        .select(LineRow::as_select())
        .load(tx)
        .await?;
    rows.into_iter().map(Line::try_from).collect()
}

pub(super) async fn put_line(tx: &mut AsyncPgConnection, cart: CartId, line: &Line) -> QueryResult<()> {
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
    Ok(())
}

/// The lines of a cart, which is locked until the transaction ends; none when there is no such cart.
pub(super) async fn lock_lines(tx: &mut AsyncPgConnection, cart: CartId) -> QueryResult<Vec<Line>> {
    let locked: Option<CartId> =
        carts::table.find(cart).select(carts::id).for_update().first(tx).await.optional()?;
    match locked {
        Some(cart) => list_lines(tx, cart).await,
        None => Ok(Vec::new()),
    }
}

/// Writes what is left of a locked cart, as its next revision.
pub(super) async fn put_remainder(
    tx: &mut AsyncPgConnection,
    cart: CartId,
    remainder: &Remainder,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::delete(cart_items::table.filter(cart_items::id.eq_any(&remainder.gone))).execute(tx).await?;
    for line in &remainder.reduced {
        put_line(tx, cart, line).await?;
    }
    diesel::update(carts::table.find(cart))
        .set((carts::revision.eq(carts::revision + 1), carts::updated_at.eq(now)))
        .execute(tx)
        .await?;
    Ok(())
}

/// The lines go with it.
pub(super) async fn delete_cart(tx: &mut AsyncPgConnection, user: UserId) -> QueryResult<()> {
    diesel::delete(carts::table.filter(carts::user_id.eq(user))).execute(tx).await?;
    Ok(())
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
