//! SQL of orders.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use contracts::order::PaymentMethod;
use db::{Tx, cached};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_query,
    sql_types::{self, Array},
};
use diesel_async::RunQueryDsl;
use kernel::{
    Money, VatRate,
    id::{CartId, EventId, OrderId, PaymentId, ProductId, UserId},
};
use serde_json::Value;

use crate::{
    order::{Order, OrderEvent, OrderLine, OrderStatus, PaymentStatus, Totals, Transition, method_word},
    schema::{order_events, order_lines, orders},
};

#[derive(HasQuery)]
#[diesel(table_name = orders)]
struct OrderRow {
    id: OrderId,
    number: String,
    user_id: UserId,
    status: String,
    payment_status: String,
    payment_method: String,
    cart_id: CartId,
    cart_revision: i64,
    shipping_address: Value,
    billing_address: Value,
    notes: Option<String>,
    hold_until: DateTime<Utc>,
    created_at: DateTime<Utc>,
    paid_at: Option<DateTime<Utc>>,
    due_at: Option<DateTime<Utc>>,
    cancelled_at: Option<DateTime<Utc>>,
    cancel_reason: Option<String>,
    tracking_number: Option<String>,
    carrier: Option<String>,
    payment_id: Option<PaymentId>,
    refunded: i64,
}

#[derive(HasQuery)]
#[diesel(table_name = order_lines)]
struct LineRow {
    product_id: ProductId,
    code: String,
    name: String,
    size: String,
    image_url: Option<String>,
    quantity: i32,
    unit_price: i64,
    line_total: i64,
    vat_basis_points: i32,
}

/// Writes the timeline on.
pub(crate) async fn insert_event(
    tx: &mut Tx,
    order: OrderId,
    (kind, detail): (&str, Option<&str>),
    at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(order_events::table)
        .values((
            order_events::id.eq(EventId::generate(at)),
            order_events::order_id.eq(order),
            order_events::kind.eq(kind),
            order_events::detail.eq(detail),
            order_events::at.eq(at),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// The order with its lines and timeline; whoever asks on a customer's behalf gives `owner`.
pub(crate) async fn find_order(
    conn: &mut Tx,
    id: OrderId,
    owner: Option<UserId>,
) -> QueryResult<Option<Order>> {
    let wanted = OrderRow::query().find(id);
    let row = match owner {
        Some(owner) => wanted.filter(orders::user_id.eq(owner)).first(conn).await.optional()?,
        None => wanted.first(conn).await.optional()?,
    };
    let Some(row) = row else { return Ok(None) };
    let lines =
        LineRow::query().filter(order_lines::order_id.eq(id)).order(order_lines::position).load(conn).await?;
    let events: Vec<(String, Option<String>, DateTime<Utc>)> = order_events::table
        .filter(order_events::order_id.eq(id))
        .order((order_events::at, order_events::id))
        .select((order_events::kind, order_events::detail, order_events::at))
        .load(conn)
        .await?;
    let events = events.into_iter().map(|(kind, detail, at)| OrderEvent { kind, detail, at }).collect();
    row.into_order(lines, events).map(Some)
}

pub(crate) async fn list_ids_of(conn: &mut Tx, user: UserId) -> QueryResult<Vec<OrderId>> {
    orders::table.filter(orders::user_id.eq(user)).order(orders::id).select(orders::id).load(conn).await
}

/// Every order of the customer, oldest first: three queries, however many there are.
pub(crate) async fn list_orders_of(conn: &mut Tx, user: UserId) -> QueryResult<Vec<Order>> {
    let rows: Vec<OrderRow> =
        OrderRow::query().filter(orders::user_id.eq(user)).order(orders::id).load(conn).await?;
    let ids: Vec<OrderId> = rows.iter().map(|row| row.id).collect();
    let line_rows: Vec<(OrderId, LineRow)> = order_lines::table
        .filter(order_lines::order_id.eq_any(&ids))
        .order((order_lines::order_id, order_lines::position))
        .select((order_lines::order_id, LineRow::as_select()))
        .load(conn)
        .await?;
    let event_rows: Vec<(OrderId, String, Option<String>, DateTime<Utc>)> = order_events::table
        .filter(order_events::order_id.eq_any(&ids))
        .order((order_events::at, order_events::id))
        .select((order_events::order_id, order_events::kind, order_events::detail, order_events::at))
        .load(conn)
        .await?;
    let (mut lines, mut events) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
    for (order, line) in line_rows {
        lines.entry(order).or_default().push(line);
    }
    for (order, kind, detail, at) in event_rows {
        events.entry(order).or_default().push(OrderEvent { kind, detail, at });
    }
    rows.into_iter()
        .map(|row| {
            let id = row.id;
            row.into_order(lines.remove(&id).unwrap_or_default(), events.remove(&id).unwrap_or_default())
        })
        .collect()
}

/// The order that this state of a cart became, unless that order has ended without being paid.
/// The order of each cart at each revision.
pub(crate) async fn find_by_carts(
    conn: &mut Tx,
    carts: &[Arc<(CartId, i64)>],
) -> QueryResult<Vec<Option<OrderId>>> {
    #[derive(QueryableByName)]
    struct FoundRow {
        #[diesel(sql_type = sql_types::BigInt)]
        nth: i64,
        #[diesel(sql_type = sql_types::Uuid)]
        id: OrderId,
    }
    // The states spelled out as in the index `orders_one_per_cart`; a look for each, whatever the table held when the
    // plan was made.
    let find = sql_query(
        "select c.nth, o.id from unnest($1, $2) with ordinality c (id, revision, nth) cross join lateral (
             select o.id from orders.orders o
             where o.cart_id = c.id and o.cart_revision = c.revision and o.status not in ('expired', 'cancelled')
             limit 1
         ) o",
    );
    let (ids, revisions): (Vec<CartId>, Vec<i64>) = carts.iter().map(|cart| **cart).unzip();
    let find = find.bind::<Array<sql_types::Uuid>, _>(ids).bind::<Array<sql_types::BigInt>, _>(revisions);
    let found: Vec<FoundRow> = cached(find).load(conn).await?;
    let of = |nth| found.iter().find(|row| row.nth == nth).map(|row| row.id);
    Ok((1..).zip(carts).map(|(nth, _)| of(nth)).collect())
}

pub(crate) async fn list_existing(conn: &mut Tx, ids: &[OrderId]) -> QueryResult<HashSet<OrderId>> {
    let found: Vec<OrderId> =
        orders::table.filter(orders::id.eq_any(ids)).select(orders::id).load(conn).await?;
    Ok(found.into_iter().collect())
}

/// Moves the order on; false when it stands where that cannot begin. Paid it becomes by `put_paid`.
pub(crate) async fn put_status(
    tx: &mut Tx,
    id: OrderId,
    transition: Transition,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let from: Vec<&str> = transition.from().iter().map(|s| s.as_str()).collect();
    let put = (orders::status.eq(transition.to().as_str()), orders::updated_at.eq(now));
    let standing = orders::table.filter(orders::id.eq(id).and(orders::status.eq_any(from)));
    if let Some(wanted) = transition.wants_parcel() {
        let standing = standing.filter(orders::tracking_number.is_not_null().eq(wanted));
        return Ok(diesel::update(standing).set(put).execute(tx).await? == 1);
    }
    let put = diesel::update(standing).set(put);
    Ok(cached(put).execute(tx).await? == 1)
}

/// Orders whose money has not come in time, those that have waited longest first.
pub(crate) async fn list_due(conn: &mut Tx, now: DateTime<Utc>, limit: i64) -> QueryResult<Vec<OrderId>> {
    // Spelled out as in the index `orders_waiting`.
    let waiting = sql::<sql_types::Bool>("status = 'pending_payment'");
    let due = orders::table.filter(waiting.and(orders::hold_until.le(now)));
    due.order(orders::hold_until).limit(limit).select(orders::id).load(conn).await
}

/// How an order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) id: OrderId,
    pub(crate) status: OrderStatus,
    pub(crate) payment_method: PaymentMethod,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Orders placed since then that have not changed of late.
pub(crate) async fn list_standing(
    conn: &mut Tx,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> QueryResult<Vec<Standing>> {
    // Ids begin with the time at which they were made.
    let placed = orders::id.ge(OrderId::generate(since)).and(orders::updated_at.le(until));
    let rows: Vec<(OrderId, String, String, DateTime<Utc>)> = orders::table
        .filter(placed)
        .order(orders::id)
        .limit(limit)
        .select((orders::id, orders::status, orders::payment_method, orders::updated_at))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(id, status, method, updated_at)| {
            Ok(Standing { id, status: status_of(&status)?, payment_method: method_of(&method)?, updated_at })
        })
        .collect()
}

/// Orders that lines or events of since then name and that are not there.
pub(crate) async fn list_adrift(
    conn: &mut Tx,
    since: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<OrderId>> {
    #[derive(QueryableByName)]
    struct AdriftRow {
        #[diesel(sql_type = sql_types::Uuid)]
        id: OrderId,
    }

    // `offset 0`: each is looked up by its key, in place of all orders being read beside them.
    let adrift = sql_query(
        "select l.order_id as id from orders.order_lines l where l.order_id >= $1
             and not exists (select from orders.orders o where o.id = l.order_id offset 0)
         union
         select e.order_id from orders.order_events e where e.order_id >= $1
             and not exists (select from orders.orders o where o.id = e.order_id offset 0)
         limit $2",
    );
    let rows: Vec<AdriftRow> = adrift
        .bind::<sql_types::Uuid, _>(OrderId::generate(since))
        .bind::<sql_types::BigInt, _>(limit)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Orders on account whose day has come and gone without their money, of which nobody was told; those due first.
pub(crate) async fn list_overdue(conn: &mut Tx, now: DateTime<Utc>, limit: i64) -> QueryResult<Vec<Overdue>> {
    // Spelled out as in the index `orders_due`.
    let waiting =
        sql::<sql_types::Bool>("status = 'pending_payment' and overdue_at is null and due_at is not null");
    let due = orders::table.filter(waiting.and(orders::due_at.le(now))).order(orders::due_at).limit(limit);
    due.select(Overdue::as_select()).for_update().skip_locked().load(conn).await
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = orders)]
pub(crate) struct Overdue {
    pub(crate) id: OrderId,
    pub(crate) user_id: UserId,
    pub(crate) gross: i64,
    pub(crate) due_at: Option<DateTime<Utc>>,
    pub(crate) hold_until: DateTime<Utc>,
}

pub(crate) async fn put_overdue(tx: &mut Tx, ids: &[OrderId], now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(orders::table.filter(orders::id.eq_any(ids)))
        .set(orders::overdue_at.eq(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Has the order wait until then; false when it has been given more time that often, or waits no longer.
pub(crate) async fn put_more_time(
    conn: &mut Tx,
    id: OrderId,
    (until, most): (DateTime<Utc>, i32),
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let waiting = orders::id
        .eq(id)
        .and(orders::status.eq(OrderStatus::PendingPayment.as_str()))
        .and(orders::hold_extensions.lt(most));
    let put = diesel::update(orders::table.filter(waiting)).set((
        orders::hold_until.eq(until),
        orders::hold_extensions.eq(orders::hold_extensions + 1),
        orders::updated_at.eq(now),
    ));
    Ok(put.execute(conn).await? == 1)
}

/// When and why an order was called off.
pub(crate) async fn put_cancelled(
    tx: &mut Tx,
    id: OrderId,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let put = diesel::update(orders::table.find(id));
    put.set((orders::cancelled_at.eq(now), orders::cancel_reason.eq(reason))).execute(tx).await?;
    Ok(())
}

/// Under which number the order travels, and with whom.
pub(crate) async fn put_parcel(
    tx: &mut Tx,
    id: OrderId,
    (carrier, tracking_number): (&str, &str),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let put = diesel::update(orders::table.find(id)).set((
        orders::carrier.eq(carrier),
        orders::tracking_number.eq(tracking_number),
        orders::updated_at.eq(now),
    ));
    put.execute(tx).await?;
    Ok(())
}

/// Notes how the payment stands; false when it stands there or above already.
pub(crate) async fn put_payment_status(
    tx: &mut Tx,
    id: OrderId,
    to: PaymentStatus,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let above: Vec<&str> = to.and_above().iter().map(|s| s.as_str()).collect();
    let below = orders::table.filter(orders::id.eq(id).and(orders::payment_status.ne_all(above)));
    let put = diesel::update(below).set((orders::payment_status.eq(to.as_str()), orders::updated_at.eq(now)));
    Ok(cached(put).execute(tx).await? == 1)
}

impl OrderRow {
    fn into_order(self, lines: Vec<LineRow>, events: Vec<OrderEvent>) -> QueryResult<Order> {
        let lines = lines.into_iter().map(LineRow::into_line).collect::<QueryResult<Vec<_>>>()?;
        let totals = Totals::of(&lines).map_err(corrupt)?;
        Ok(Order {
            id: self.id,
            number: self.number,
            user: self.user_id,
            status: status_of(&self.status)?,
            payment_status: payment_status_of(&self.payment_status)?,
            payment_method: method_of(&self.payment_method)?,
            cart: self.cart_id,
            cart_revision: self.cart_revision,
            totals,
            lines,
            shipping_address: serde_json::from_value(self.shipping_address).map_err(corrupt)?,
            billing_address: serde_json::from_value(self.billing_address).map_err(corrupt)?,
            notes: self.notes,
            hold_until: self.hold_until,
            created_at: self.created_at,
            paid_at: self.paid_at,
            due_at: self.due_at,
            cancelled_at: self.cancelled_at,
            cancel_reason: self.cancel_reason,
            tracking_number: self.tracking_number,
            carrier: self.carrier,
            payment: self.payment_id,
            refunded: Money::grosz(self.refunded),
            events,
        })
    }
}

impl LineRow {
    fn into_line(self) -> QueryResult<OrderLine> {
        Ok(OrderLine {
            product: self.product_id,
            code: self.code,
            name: self.name,
            size: self.size,
            image_url: self.image_url,
            quantity: u32::try_from(self.quantity).map_err(corrupt)?,
            unit_price: Money::grosz(self.unit_price),
            line_total: Money::grosz(self.line_total),
            vat: VatRate::from_basis_points(self.vat_basis_points).map_err(corrupt)?,
        })
    }
}

pub(crate) fn status_of(word: &str) -> QueryResult<OrderStatus> {
    OrderStatus::from_word(word).ok_or_else(|| corrupt("unknown status"))
}

pub(crate) fn payment_status_of(word: &str) -> QueryResult<PaymentStatus> {
    PaymentStatus::from_word(word).ok_or_else(|| corrupt("unknown status"))
}

pub(crate) fn method_of(word: &str) -> QueryResult<PaymentMethod> {
    let all = [PaymentMethod::Card, PaymentMethod::Blik, PaymentMethod::P24, PaymentMethod::BankTransfer];
    all.into_iter()
        .find(|method| method_word(*method) == word)
        .ok_or_else(|| corrupt("unknown payment method"))
}

/// What the database's own checks rule out.
pub(crate) fn corrupt(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(e.into())
}
