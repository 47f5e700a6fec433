//! Writing orders.

use std::sync::Arc;

use bus::Message;
use contracts::{Event as _, order::OrderPlaced};
use db::{Tx, cached};
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{self, Array, BigInt, Integer, Jsonb, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use kernel::id::{EventId, OrderId, ProductId};
use serde_json::Value;

use crate::{
    order::{Order, OrderLine, PostalAddress, method_word},
    store::corrupt,
};

/// What became of an order.
pub(crate) enum Written {
    Placed {
        number: String,
    },
    /// The customer has too many orders that wait for their money.
    Orders,
    /// And too many of one product in them.
    Units {
        product: ProductId,
        unpaid: u32,
    },
}

/// An order as it will be written, with its event.
pub(crate) struct NewOrder {
    pub(crate) order: Order,
    shipping: Value,
    billing: Value,
    message: Message,
    most_units: i32,
}

impl NewOrder {
    /// `most_units` of a product may the customer have that wait for their money.
    pub(crate) fn new(order: Order, placed: &OrderPlaced, most_units: u32) -> QueryResult<Self> {
        Ok(Self {
            shipping: to_json(&order.shipping_address)?,
            billing: to_json(&order.billing_address)?,
            message: bus::message(placed, order.created_at)?,
            most_units: bounded(most_units),
            order,
        })
    }
}

#[derive(QueryableByName)]
struct WrittenRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: OrderId,
    #[diesel(sql_type = Nullable<Text>)]
    number: Option<String>,
    #[diesel(sql_type = Nullable<sql_types::Uuid>)]
    product_id: Option<ProductId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    unpaid: Option<i64>,
}

/// Writes each order, unless it goes beyond its customer's unpaid orders and units; an answer for each in its place. No
/// two are of one customer.
pub(crate) async fn insert_orders(
    conn: &mut Tx,
    new: &[Arc<NewOrder>],
    most_orders: u32,
) -> QueryResult<Vec<Written>> {
    let lines: Vec<(i32, i32, &OrderLine)> = (1..)
        .zip(new)
        .flat_map(|(nth, new)| (1..).zip(&new.order.lines).map(move |(position, line)| (nth, position, line)))
        .collect();
    let quantities = lines.iter().map(|(_, _, line)| i32::try_from(line.quantity));
    let quantities = quantities.collect::<Result<Vec<_>, _>>().map_err(unwritable)?;
    let at = |new: &NewOrder| new.order.created_at;
    let place = sql_query(
        "select id, number, product_id, unpaid from orders.place_all($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
             $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)",
    )
    .bind::<Array<sql_types::Uuid>, _>(column(new, |new| new.order.id))
    .bind::<Array<sql_types::Uuid>, _>(column(new, |new| new.order.user))
    .bind::<Array<Text>, _>(column(new, |new| method_word(new.order.payment_method)))
    .bind::<Array<sql_types::Uuid>, _>(column(new, |new| new.order.cart))
    .bind::<Array<BigInt>, _>(column(new, |new| new.order.cart_revision))
    .bind::<Array<BigInt>, _>(column(new, |new| new.order.totals.net.amount()))
    .bind::<Array<BigInt>, _>(column(new, |new| new.order.totals.vat.amount()))
    .bind::<Array<BigInt>, _>(column(new, |new| new.order.totals.gross.amount()))
    .bind::<Array<Jsonb>, _>(column(new, |new| &new.shipping))
    .bind::<Array<Jsonb>, _>(column(new, |new| &new.billing))
    .bind::<Array<Nullable<Text>>, _>(column(new, |new| new.order.notes.as_deref()))
    .bind::<Array<Timestamptz>, _>(column(new, |new| new.order.hold_until))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(new, |new| new.order.due_at))
    .bind::<Array<Timestamptz>, _>(column(new, at))
    .bind::<Array<Integer>, _>(lines.iter().map(|(nth, _, _)| *nth).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(lines.iter().map(|(_, position, _)| *position).collect::<Vec<_>>())
    .bind::<Array<sql_types::Uuid>, _>(of_lines(&lines, |line| line.product))
    .bind::<Array<Text>, _>(of_lines(&lines, |line| line.code.as_str()))
    .bind::<Array<Text>, _>(of_lines(&lines, |line| line.name.as_str()))
    .bind::<Array<Text>, _>(of_lines(&lines, |line| line.size.as_str()))
    .bind::<Array<Nullable<Text>>, _>(of_lines(&lines, |line| line.image_url.as_deref()))
    .bind::<Array<Integer>, _>(quantities)
    .bind::<Array<BigInt>, _>(of_lines(&lines, |line| line.unit_price.amount()))
    .bind::<Array<Integer>, _>(of_lines(&lines, |line| line.vat.basis_points()))
    .bind::<Array<sql_types::Uuid>, _>(column(new, |new| EventId::generate(at(new))))
    .bind::<Text, _>(OrderPlaced::NAME)
    .bind::<Array<sql_types::Uuid>, _>(column(new, |new| new.message.id))
    .bind::<Array<Text>, _>(column(new, |new| new.message.aggregate.as_str()))
    .bind::<Array<Jsonb>, _>(column(new, |new| &new.message.payload))
    .bind::<Integer, _>(bounded(most_orders))
    .bind::<Array<Integer>, _>(column(new, |new| new.most_units));
    let rows: Vec<WrittenRow> = cached(place).load(conn).await?;
    let written = |new: &Arc<NewOrder>| {
        let row = rows.iter().find(|row| row.id == new.order.id);
        row.map(WrittenRow::written).ok_or_else(|| corrupt("not an answer for each order"))
    };
    new.iter().map(written).collect()
}

impl WrittenRow {
    fn written(&self) -> Written {
        match (&self.number, self.product_id, self.unpaid) {
            (Some(number), _, _) => Written::Placed { number: number.clone() },
            (None, Some(product), unpaid) => Written::Units {
                product,
                unpaid: unpaid.and_then(|n| u32::try_from(n).ok()).unwrap_or(u32::MAX),
            },
            (None, None, _) => Written::Orders,
        }
    }
}

fn column<'a, T>(new: &'a [Arc<NewOrder>], of: impl Fn(&'a NewOrder) -> T) -> Vec<T> {
    new.iter().map(|new| of(new)).collect()
}

fn of_lines<'a, T>(lines: &[(i32, i32, &'a OrderLine)], of: impl Fn(&'a OrderLine) -> T) -> Vec<T> {
    lines.iter().map(|(_, _, line)| of(line)).collect()
}

fn to_json(address: &PostalAddress) -> QueryResult<Value> {
    serde_json::to_value(address).map_err(unwritable)
}

fn unwritable(e: impl std::error::Error + Send + Sync + 'static) -> diesel::result::Error {
    diesel::result::Error::SerializationError(e.into())
}

fn bounded(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
