//! SQL of refunds.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{
    Money,
    id::{OrderId, PaymentId, RefundId},
};

use super::{Refund, RefundStatus};
use crate::{
    PaymentStatus,
    schema::{payments, refunds},
    store::corrupt,
};

#[derive(HasQuery, Insertable)]
#[diesel(table_name = refunds)]
struct RefundRow {
    id: RefundId,
    payment_id: PaymentId,
    order_id: OrderId,
    key: String,
    amount: i64,
    status: String,
    reason: String,
    provider_id: Option<String>,
    failure: Option<String>,
    requested_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Writes the refund; false when there is one under its key, or of its provider's id.
pub(crate) async fn insert(tx: &mut Tx, refund: &Refund) -> QueryResult<bool> {
    let new = diesel::insert_into(refunds::table).values(RefundRow::from(refund)).on_conflict_do_nothing();
    Ok(new.execute(tx).await? == 1)
}

pub(crate) async fn find(conn: &mut Tx, id: RefundId) -> QueryResult<Option<Refund>> {
    RefundRow::query().find(id).first(conn).await.optional()?.map(RefundRow::into_refund).transpose()
}

/// Those of a payment, oldest first. Whoever decides by them holds the payment's lock.
pub(crate) async fn list_of_payment(conn: &mut Tx, payment: PaymentId) -> QueryResult<Vec<Refund>> {
    let of_payment = RefundRow::query().filter(refunds::payment_id.eq(payment));
    let rows: Vec<RefundRow> = of_payment.order(refunds::requested_at).load(conn).await?;
    rows.into_iter().map(RefundRow::into_refund).collect()
}

/// Those of an order, oldest first.
pub(crate) async fn list_of_order(conn: &mut Tx, order: OrderId) -> QueryResult<Vec<Refund>> {
    let of_order = RefundRow::query().filter(refunds::order_id.eq(order));
    let rows: Vec<RefundRow> = of_order.order(refunds::requested_at).load(conn).await?;
    rows.into_iter().map(RefundRow::into_refund).collect()
}

/// Asked for before then, and nobody knows yet how they ended; the oldest first.
pub(crate) async fn list_unconfirmed(
    conn: &mut Tx,
    before: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<Refund>> {
    // Spelled out as in the index `refunds_open`.
    let open = diesel::dsl::sql::<diesel::sql_types::Bool>("status in ('requested', 'pending')");
    let rows: Vec<RefundRow> = RefundRow::query()
        .filter(open.and(refunds::requested_at.lt(before)))
        .order(refunds::requested_at)
        .limit(limit)
        .load(conn)
        .await?;
    rows.into_iter().map(RefundRow::into_refund).collect()
}

/// The caller holds the payment's lock, and has checked that the status rises.
pub(crate) async fn put(tx: &mut Tx, refund: &Refund) -> QueryResult<()> {
    let put = (
        refunds::status.eq(refund.status.as_str()),
        refunds::provider_id.eq(&refund.provider_id),
        refunds::failure.eq(&refund.failure),
        refunds::updated_at.eq(refund.updated_at),
    );
    diesel::update(refunds::table.find(refund.id)).set(put).execute(tx).await?;
    Ok(())
}

/// Notes that the sum of what went back has changed; how often it did.
pub(crate) async fn put_revision(
    tx: &mut Tx,
    payment: PaymentId,
    status: PaymentStatus,
    now: DateTime<Utc>,
) -> QueryResult<i32> {
    diesel::update(payments::table.find(payment))
        .set((
            payments::status.eq(status.as_str()),
            payments::refund_revision.eq(payments::refund_revision + 1),
            payments::updated_at.eq(now),
        ))
        .returning(payments::refund_revision)
        .get_result(tx)
        .await
}

impl From<&Refund> for RefundRow {
    fn from(refund: &Refund) -> Self {
        Self {
            id: refund.id,
            payment_id: refund.payment,
            order_id: refund.order,
            key: refund.key.clone(),
            amount: refund.amount.amount(),
            status: refund.status.as_str().to_owned(),
            reason: refund.reason.clone(),
            provider_id: refund.provider_id.clone(),
            failure: refund.failure.clone(),
            requested_at: refund.requested_at,
            updated_at: refund.updated_at,
        }
    }
}

impl RefundRow {
    fn into_refund(self) -> QueryResult<Refund> {
        Ok(Refund {
            id: self.id,
            payment: self.payment_id,
            order: self.order_id,
            key: self.key,
            amount: Money::grosz(self.amount),
            status: RefundStatus::from_word(&self.status).ok_or_else(|| corrupt("unknown status"))?,
            reason: self.reason,
            provider_id: self.provider_id,
            failure: self.failure,
            requested_at: self.requested_at,
            updated_at: self.updated_at,
        })
    }
}
