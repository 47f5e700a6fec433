//! SQL of keeping stock.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::{dsl::select, prelude::*};
use diesel_async::RunQueryDsl;
use kernel::id::{OrderId, ProductId};
use serde_json::Value;
use uuid::Uuid;

use super::{Movement, Stock};
use crate::schema::{change_stock, reservations, stock, stock_movements};

#[derive(HasQuery)]
#[diesel(table_name = stock)]
struct StockRow {
    sku_id: ProductId,
    on_hand: i32,
    reserved: i32,
    version: i64,
    low_at: i32,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = stock_movements)]
struct MovementRow {
    version: i64,
    kind: String,
    d_on_hand: i32,
    d_reserved: i32,
    on_hand_after: i32,
    reserved_after: i32,
    actor: String,
    reason: Option<String>,
    at: DateTime<Utc>,
}

pub(crate) async fn change(
    tx: &mut Tx,
    request: Uuid,
    (product, kind, delta): (ProductId, &str, i32),
    (actor, reason): (&str, &str),
    now: DateTime<Utc>,
) -> QueryResult<Value> {
    select(change_stock(request, product, kind, delta, actor, reason, now)).get_result(tx).await
}

pub(crate) async fn find(conn: &mut Tx, product: ProductId) -> QueryResult<Option<Stock>> {
    StockRow::query().find(product).first(conn).await.optional()?.map(StockRow::into_stock).transpose()
}

/// The product's stock, locked until the transaction ends; a row without units is made where there is none.
pub(crate) async fn lock(tx: &mut Tx, product: ProductId, now: DateTime<Utc>) -> QueryResult<Stock> {
    let none = (stock::sku_id.eq(product), stock::on_hand.eq(0), stock::reserved.eq(0), stock::version.eq(0));
    diesel::insert_into(stock::table)
        .values((none, stock::updated_at.eq(now)))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    StockRow::query().find(product).for_update().first(tx).await?.into_stock()
}

pub(crate) async fn put_low_at(tx: &mut Tx, product: ProductId, low_at: i32) -> QueryResult<usize> {
    diesel::update(stock::table.find(product)).set(stock::low_at.eq(low_at)).execute(tx).await
}

pub(crate) async fn find_movement(
    conn: &mut Tx,
    product: ProductId,
    version: i64,
) -> QueryResult<Option<Movement>> {
    Ok(list_movements(conn, product, version.checked_add(1), 1).await?.pop())
}

/// Newest first, those before the version.
pub(crate) async fn list_movements(
    conn: &mut Tx,
    product: ProductId,
    before: Option<i64>,
    most: i64,
) -> QueryResult<Vec<Movement>> {
    let rows: Vec<(MovementRow, Option<OrderId>)> = stock_movements::table
        .left_join(reservations::table)
        .filter(
            stock_movements::sku_id.eq(product).and(stock_movements::version.lt(before.unwrap_or(i64::MAX))),
        )
        .order(stock_movements::version.desc())
        .limit(most)
        .select((MovementRow::as_select(), reservations::order_id.nullable()))
        .load(conn)
        .await?;
    rows.into_iter().map(|(row, order)| row.into_movement(order)).collect()
}

impl StockRow {
    fn into_stock(self) -> QueryResult<Stock> {
        Ok(Stock {
            product: self.sku_id,
            on_hand: units(self.on_hand)?,
            reserved: units(self.reserved)?,
            version: self.version,
            low_at: units(self.low_at)?,
        })
    }
}

impl MovementRow {
    fn into_movement(self, order: Option<OrderId>) -> QueryResult<Movement> {
        Ok(Movement {
            version: self.version,
            kind: self.kind,
            on_hand: self.d_on_hand,
            reserved: self.d_reserved,
            on_hand_after: units(self.on_hand_after)?,
            reserved_after: units(self.reserved_after)?,
            order,
            actor: self.actor,
            reason: self.reason,
            at: self.at,
        })
    }
}

/// The table's checks rule out less than none.
fn units(n: i32) -> QueryResult<u32> {
    u32::try_from(n).map_err(|e| diesel::result::Error::DeserializationError(e.into()))
}
