//! SQL of lists of orders.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{
    Money,
    id::{OrderId, UserId},
};

use super::{IMAGES, Summary, Wanted};
use crate::{
    schema::{order_lines, orders},
    store::{method_of, payment_status_of, status_of},
};

#[derive(HasQuery)]
#[diesel(table_name = orders)]
struct SummaryRow {
    id: OrderId,
    number: String,
    user_id: UserId,
    status: String,
    payment_status: String,
    payment_method: String,
    gross: i64,
    created_at: DateTime<Utc>,
    paid_at: Option<DateTime<Utc>>,
    due_at: Option<DateTime<Utc>>,
    tracking_number: Option<String>,
}

/// Two queries, however many there are; newest first.
pub(crate) async fn list(conn: &mut Tx, wanted: &Wanted, most: i64) -> QueryResult<Vec<Summary>> {
    let mut query = SummaryRow::query().order(orders::id.desc()).limit(most).into_boxed();
    if let Some(user) = wanted.user {
        query = query.filter(orders::user_id.eq(user));
    }
    if let Some(status) = wanted.status {
        query = query.filter(orders::status.eq(status.as_str()));
    }
    if let Some(number) = &wanted.number {
        query = query.filter(orders::number.eq(number).or(orders::tracking_number.eq(number)));
    }
    if let Some(before) = wanted.before {
        query = query.filter(orders::id.lt(before));
    }
    let rows: Vec<SummaryRow> = query.load(conn).await?;
    let ids: Vec<OrderId> = rows.iter().map(|row| row.id).collect();
    let lines: Vec<(OrderId, Option<String>)> = order_lines::table
        .filter(order_lines::order_id.eq_any(&ids))
        .order((order_lines::order_id, order_lines::position))
        .select((order_lines::order_id, order_lines::image_url))
        .load(conn)
        .await?;
    let mut of_order: HashMap<OrderId, (usize, Vec<String>)> = HashMap::new();
    for (order, image) in lines {
        let (count, images) = of_order.entry(order).or_default();
        *count += 1;
        images.extend(image.filter(|_| images.len() < IMAGES));
    }
    rows.into_iter()
        .map(|row| {
            let lines = of_order.remove(&row.id).unwrap_or_default();
            row.into_summary(lines)
        })
        .collect()
}

pub(crate) async fn find_by_tracking_number(
    conn: &mut Tx,
    user: UserId,
    number: &str,
) -> QueryResult<Option<OrderId>> {
    let of = orders::table.filter(orders::tracking_number.eq(number).and(orders::user_id.eq(user)));
    of.select(orders::id).first(conn).await.optional()
}

impl SummaryRow {
    fn into_summary(self, (lines, images): (usize, Vec<String>)) -> QueryResult<Summary> {
        Ok(Summary {
            id: self.id,
            number: self.number,
            user: self.user_id,
            status: status_of(&self.status)?,
            payment_status: payment_status_of(&self.payment_status)?,
            payment_method: method_of(&self.payment_method)?,
            gross: Money::grosz(self.gross),
            lines,
            images,
            created_at: self.created_at,
            paid_at: self.paid_at,
            due_at: self.due_at,
            tracking_number: self.tracking_number,
        })
    }
}
