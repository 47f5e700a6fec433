//! SQL of disputes.

use chrono::{DateTime, Utc};
use db::Tx;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::id::OrderId;

use crate::{Payment, ports::ProviderDispute, schema::disputes};

/// Notes how a dispute stands; false when that was known, or it is over. The caller holds the payment's lock.
pub(crate) async fn put(
    tx: &mut Tx,
    payment: &Payment,
    dispute: &ProviderDispute,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let known: Option<String> =
        disputes::table.find(&dispute.id).select(disputes::state).first(tx).await.optional()?;
    let state = dispute.state.as_str();
    match known.as_deref() {
        // Only what is open can become something else.
        Some("opened") if state != "opened" => {
            let put = (disputes::state.eq(state), disputes::updated_at.eq(now));
            diesel::update(disputes::table.find(&dispute.id)).set(put).execute(tx).await?;
            Ok(true)
        }
        Some(_) => Ok(false),
        None => {
            diesel::insert_into(disputes::table)
                .values((
                    disputes::id.eq(&dispute.id),
                    disputes::payment_id.eq(payment.id),
                    disputes::order_id.eq(payment.order),
                    disputes::amount.eq(dispute.amount),
                    disputes::reason.eq(&dispute.reason),
                    disputes::state.eq(state),
                    disputes::opened_at.eq(now),
                    disputes::updated_at.eq(now),
                ))
                .execute(tx)
                .await?;
            Ok(true)
        }
    }
}

/// A dispute as people read it.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = disputes)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) reason: String,
    pub(crate) state: String,
    pub(crate) opened_at: DateTime<Utc>,
}

pub(crate) async fn list_of_order(conn: &mut Tx, order: OrderId) -> QueryResult<Vec<Dispute>> {
    let of_order = disputes::table.filter(disputes::order_id.eq(order)).order(disputes::opened_at);
    of_order.select(Dispute::as_select()).load(conn).await
}
