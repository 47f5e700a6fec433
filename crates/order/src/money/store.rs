//! SQL of what money does to an order.

use chrono::{DateTime, Utc};
use contracts::order::PaymentMethod;
use db::{Tx, cached};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{
    Money,
    id::{OrderId, PaymentId},
};

use crate::{OrderStatus, PaymentStatus, Transition, order::method_word, schema::orders, store::status_of};

/// How an order stands, and which attempt to pay it counts: the last one begun, if it was not the first, or the one that
/// paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Locked {
    pub(crate) status: OrderStatus,
    pub(crate) payment: Option<PaymentId>,
}

/// The order is locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: OrderId) -> QueryResult<Option<Locked>> {
    let wanted = orders::table.find(id).select((orders::status, orders::payment_id)).for_update();
    let row: Option<(String, Option<PaymentId>)> = cached(wanted).get_result(tx).await.optional()?;
    row.map(|(status, payment)| Ok(Locked { status: status_of(&status)?, payment })).transpose()
}

/// Which attempt to pay counts.
pub(crate) async fn put_payment(tx: &mut Tx, id: OrderId, payment: PaymentId) -> QueryResult<()> {
    diesel::update(orders::table.find(id)).set(orders::payment_id.eq(payment)).execute(tx).await?;
    Ok(())
}

/// The order is paid by this; false when it does not stand where `transition` can begin.
pub(crate) async fn put_paid(
    tx: &mut Tx,
    id: OrderId,
    (transition, payment): (Transition, PaymentId),
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let from: Vec<&str> = transition.from().iter().map(|s| s.as_str()).collect();
    let standing = orders::table.filter(orders::id.eq(id).and(orders::status.eq_any(from)));
    let put = diesel::update(standing).set((
        orders::status.eq(transition.to().as_str()),
        orders::payment_id.eq(payment),
        orders::paid_at.eq(now),
        orders::updated_at.eq(now),
    ));
    Ok(cached(put).execute(tx).await? == 1)
}

/// Another attempt was begun; false when the order does not wait for its money any more.
pub(crate) async fn put_attempt(
    tx: &mut Tx,
    id: OrderId,
    (payment, method, status): (PaymentId, PaymentMethod, PaymentStatus),
    hold_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let waiting = orders::id.eq(id).and(orders::status.eq(OrderStatus::PendingPayment.as_str()));
    let put = diesel::update(orders::table.filter(waiting)).set((
        orders::payment_id.eq(payment),
        orders::payment_method.eq(method_word(method)),
        orders::payment_status.eq(status.as_str()),
        orders::hold_until.eq(hold_until),
        orders::updated_at.eq(now),
    ));
    Ok(put.execute(tx).await? == 1)
}

/// How much of the order's money has gone back; false when something newer is known.
pub(crate) async fn put_refunded(
    tx: &mut Tx,
    id: OrderId,
    (refunded, revision): (Money, i32),
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let news = orders::refund_revision.is_null().or(orders::refund_revision.lt(revision));
    let put = diesel::update(orders::table.filter(orders::id.eq(id).and(news))).set((
        orders::refunded.eq(refunded.amount()),
        orders::refund_revision.eq(revision),
        orders::updated_at.eq(now),
    ));
    Ok(put.execute(tx).await? == 1)
}

/// How the dispute about an order stands, and where the order stood before it.
pub(crate) async fn find_dispute(
    tx: &mut Tx,
    id: OrderId,
) -> QueryResult<(Option<String>, Option<OrderStatus>)> {
    let (dispute, from): (Option<String>, Option<String>) =
        orders::table.find(id).select((orders::dispute, orders::disputed_from)).first(tx).await?;
    Ok((dispute, from.map(|word| status_of(&word)).transpose()?))
}

/// Notes how the dispute about an order stands.
pub(crate) async fn put_dispute(
    tx: &mut Tx,
    id: OrderId,
    (dispute, from): (&str, Option<OrderStatus>),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let put = (
        orders::dispute.eq(dispute),
        orders::disputed_from.eq(from.map(OrderStatus::as_str)),
        orders::updated_at.eq(now),
    );
    diesel::update(orders::table.find(id)).set(put).execute(tx).await?;
    Ok(())
}

/// The dispute is over: the order stands again where it stood before.
pub(crate) async fn put_undisputed(
    tx: &mut Tx,
    id: OrderId,
    to: OrderStatus,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let held = orders::id.eq(id).and(orders::status.eq(OrderStatus::Disputed.as_str()));
    let put = (orders::status.eq(to.as_str()), orders::updated_at.eq(now));
    Ok(diesel::update(orders::table.filter(held)).set(put).execute(tx).await? == 1)
}

/// How many orders wait for a person.
pub(crate) async fn count_in_review(conn: &mut Tx) -> QueryResult<i64> {
    orders::table.filter(orders::status.eq(OrderStatus::Review.as_str())).count().get_result(conn).await
}
