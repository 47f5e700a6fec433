//! Writing orders.

use std::sync::Arc;

use contracts::order::OrderPlaced;
use db::Tx;
use diesel::{dsl::select, prelude::*};
use diesel_async::RunQueryDsl;
use kernel::id::{EventId, ProductId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    order::Order,
    schema,
    store::{LineRow, OrderRow, corrupt},
};

/// What `orders.place_many` answers of an order.
#[derive(Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
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

/// An order as it will be written, with its lines, its timeline and its event.
pub(crate) struct NewOrder {
    pub(crate) user: UserId,
    row: Value,
    lines: Value,
    timeline: Value,
    message: Value,
    most_units: i32,
}

impl NewOrder {
    /// `most_units` of a product may the customer have that wait for their money.
    pub(crate) fn new(order: &Order, placed: &OrderPlaced, most_units: u32) -> QueryResult<Self> {
        let lines = (1..).zip(&order.lines).map(|(position, line)| {
            let mut row = to_json(&LineRow::of(line)?)?;
            row["order_id"] = json!(order.id);
            row["position"] = json!(position);
            Ok(row)
        });
        let timeline = order.events.iter().map(|event| {
            json!({
                "id": EventId::generate(event.at), "order_id": order.id, "kind": event.kind,
                "detail": event.detail, "at": event.at,
            })
        });
        Ok(Self {
            user: order.user,
            row: to_json(&OrderRow::of(order)?)?,
            lines: Value::Array(lines.collect::<QueryResult<_>>()?),
            timeline: Value::Array(timeline.collect()),
            message: bus::message(placed, order.created_at)?,
            most_units: bounded(most_units),
        })
    }
}

/// Writes each order, unless it goes beyond its customer's unpaid orders and units; an answer for each in its place. No
/// two are of one customer.
pub(crate) async fn insert_orders(
    conn: &mut Tx,
    new: &[Arc<NewOrder>],
    most_orders: u32,
) -> QueryResult<Vec<Written>> {
    let all = |part: fn(&NewOrder) -> &Value| Value::Array(new.iter().map(|one| part(one).clone()).collect());
    let most_units: Vec<i32> = new.iter().map(|one| one.most_units).collect();
    let place = schema::place_many(
        all(|one| &one.row),
        all(|one| &one.lines),
        all(|one| &one.timeline),
        all(|one| &one.message),
        bounded(most_orders),
        most_units,
    );
    let written: Value = select(place).get_result(conn).await?;
    let written: Vec<Written> = serde_json::from_value(written).map_err(corrupt)?;
    if written.len() == new.len() { Ok(written) } else { Err(corrupt("not an answer for each order")) }
}

fn to_json(row: &impl Serialize) -> QueryResult<Value> {
    serde_json::to_value(row).map_err(|e| diesel::result::Error::SerializationError(e.into()))
}

fn bounded(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
