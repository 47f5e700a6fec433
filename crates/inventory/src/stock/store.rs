//! SQL of stock: plain calls of the functions that decide.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{
    dsl::{select, sql},
    expression::SqlLiteral,
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};
use diesel_async::RunQueryDsl;
use kernel::id::{OrderId, ProductId, ReservationId};
use serde_json::Value;

use crate::{
    ReservationState,
    schema::{self, reservations, stock},
};

pub(crate) async fn list_available(
    conn: &mut Tx,
    products: &[ProductId],
) -> QueryResult<HashMap<ProductId, i32>> {
    let rows: Vec<(ProductId, i32)> = stock::table
        .filter(stock::sku_id.eq_any(products))
        .select((stock::sku_id, stock::on_hand - stock::reserved))
        .load(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Some reservations, line by line.
#[derive(Default)]
pub(crate) struct NewReservations {
    pub(crate) ids: Vec<ReservationId>,
    pub(crate) orders: Vec<OrderId>,
    /// Which reservation each line belongs to, counted from 1.
    pub(crate) of: Vec<i32>,
    pub(crate) products: Vec<ProductId>,
    pub(crate) quantities: Vec<i32>,
}

pub(crate) async fn insert_reservations(
    conn: &mut Tx,
    new: &NewReservations,
    (expires_at, now): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<Value> {
    let NewReservations { ids, orders, of, products, quantities } = new;
    let call = schema::reserve_many(ids, orders, of, products, quantities, expires_at, now);
    select(call).get_result(conn).await
}

/// Which history of the database this is.
pub(crate) async fn find_timeline(conn: &mut Tx) -> QueryResult<String> {
    select(schema::timeline()).get_result(conn).await
}

/// The state the reservation is in afterwards; `None` when the order has none.
pub(crate) async fn settle(
    conn: &mut Tx,
    order: OrderId,
    to: ReservationState,
    now: DateTime<Utc>,
) -> QueryResult<Option<String>> {
    kernel::crash::point("inventory.before_settle");
    let settled = select(schema::settle(order, to.as_str(), now)).get_result(conn).await;
    kernel::crash::point("inventory.after_settle");
    settled
}

pub(crate) async fn list_states(
    conn: &mut Tx,
    orders: &[OrderId],
) -> QueryResult<HashMap<OrderId, ReservationState>> {
    let rows: Vec<(OrderId, String)> = reservations::table
        .filter(reservations::order_id.eq_any(orders))
        .select((reservations::order_id, reservations::state))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(order, word)| {
            let unknown = || diesel::result::Error::DeserializationError("unknown state".into());
            Ok((order, ReservationState::from_word(&word).ok_or_else(unknown)?))
        })
        .collect()
}

/// Has the held reservations of these orders looked at again then.
pub(crate) async fn put_deadlines(
    conn: &mut Tx,
    orders: &[OrderId],
    then: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(reservations::table.filter(reservations::order_id.eq_any(orders).and(held())))
        .set(reservations::expires_at.eq(then))
        .execute(conn)
        .await
}

/// Spelled out: behind a bound value PostgreSQL cannot tell that the index of held ones serves.
fn held() -> SqlLiteral<Bool> {
    sql("state = 'held'")
}

/// Orders whose held units are past their deadline, oldest first.
pub(crate) async fn list_overdue(conn: &mut Tx, now: DateTime<Utc>, limit: i64) -> QueryResult<Vec<OrderId>> {
    reservations::table
        .filter(held().and(reservations::expires_at.le(now)))
        .order(reservations::expires_at)
        .limit(limit)
        .select(reservations::order_id)
        .load(conn)
        .await
}

/// What does not add up in the books of stock.
#[derive(QueryableByName)]
pub(crate) struct ViolationRow {
    #[diesel(sql_type = Text)]
    pub(crate) rule: String,
    #[diesel(sql_type = Text)]
    pub(crate) subject: String,
    #[diesel(sql_type = BigInt)]
    pub(crate) stands: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) expected: i64,
}

/// Looks at every movement there ever was, and may take its time. A hundred tell as much as all.
pub(crate) async fn list_violations(tx: &mut Tx) -> QueryResult<Vec<ViolationRow>> {
    diesel::sql_query("set local statement_timeout = '60s'").execute(tx).await?;
    diesel::sql_query("select rule, subject, stands, expected from inventory.integrity limit 100")
        .load(tx)
        .await
}
