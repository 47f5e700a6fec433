//! SQL of payments.

use chrono::{DateTime, Utc};
use db::{Tx, cached};
use diesel::{prelude::*, sql_types::Timestamptz};
use diesel_async::RunQueryDsl;
use kernel::{
    Money,
    id::{OrderId, PaymentId},
};
use serde_json::Value;

use crate::{
    Payment, PaymentStatus,
    ports::{Intent, Method},
    schema::{inbox, payments},
    webhook::ProviderEvent,
};

#[derive(HasQuery, Insertable)]
#[diesel(table_name = payments)]
struct PaymentRow {
    id: PaymentId,
    order_id: OrderId,
    attempt: i32,
    method: String,
    amount: i64,
    currency: String,
    status: String,
    intent_id: Option<String>,
    client_secret: Option<String>,
    failure: Option<String>,
    expires_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Writes a new attempt, or leaves the one that is there; the row as it stands either way.
pub(crate) async fn insert_attempt(conn: &mut Tx, payment: &Payment) -> QueryResult<Payment> {
    let new = diesel::insert_into(payments::table)
        .values(PaymentRow::from(payment))
        .on_conflict((payments::order_id, payments::attempt))
        .do_nothing()
        .returning(PaymentRow::as_returning());
    match cached(new).get_result(conn).await.optional()? {
        Some(row) => row.into_payment(),
        None => find_attempt(conn, payment.order, payment.attempt).await?.ok_or(diesel::NotFound),
    }
}

pub(crate) async fn find_attempt(
    conn: &mut Tx,
    order: OrderId,
    attempt: i32,
) -> QueryResult<Option<Payment>> {
    let attempt = payments::order_id.eq(order).and(payments::attempt.eq(attempt));
    let row = PaymentRow::query().filter(attempt).first(conn).await.optional()?;
    row.map(PaymentRow::into_payment).transpose()
}

/// Every attempt to pay these orders, oldest first.
pub(crate) async fn list_of_orders(conn: &mut Tx, orders: &[OrderId]) -> QueryResult<Vec<Payment>> {
    let rows: Vec<PaymentRow> = PaymentRow::query()
        .filter(payments::order_id.eq_any(orders))
        .order((payments::created_at, payments::attempt))
        .load(conn)
        .await?;
    rows.into_iter().map(PaymentRow::into_payment).collect()
}

/// The payment that an intent belongs to, locked: by the intent's id, or, when the answer that would have told us
/// the id was lost, the attempt of its order that still waits for one.
pub(crate) async fn lock_by_intent(tx: &mut Tx, intent: &Intent) -> QueryResult<Option<Payment>> {
    let known = PaymentRow::query()
        .filter(payments::intent_id.eq(&intent.id))
        .for_update()
        .first(tx)
        .await
        .optional()?;
    let row = match (known, intent.order) {
        (Some(row), _) => Some(row),
        (None, Some(order)) => {
            let waiting = payments::order_id.eq(order).and(payments::intent_id.is_null());
            PaymentRow::query()
                .filter(waiting)
                .order(payments::attempt)
                .for_update()
                .first(tx)
                .await
                .optional()?
        }
        (None, None) => None,
    };
    row.map(PaymentRow::into_payment).transpose()
}

/// How a payment stands, locked until the transaction ends.
pub(crate) async fn lock_status(tx: &mut Tx, id: PaymentId) -> QueryResult<PaymentStatus> {
    let word: String = payments::table.find(id).select(payments::status).for_update().first(tx).await?;
    status_of(&word)
}

/// The caller has checked that it rises.
pub(crate) async fn put_status(
    tx: &mut Tx,
    id: PaymentId,
    status: PaymentStatus,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let put = (payments::status.eq(status.as_str()), payments::updated_at.eq(now));
    diesel::update(payments::table.find(id)).set(put).execute(tx).await?;
    Ok(())
}

/// Notes what the provider said; the caller has checked that the status rises.
pub(crate) async fn put_intent(
    tx: &mut Tx,
    payment: PaymentId,
    (status, intent): (PaymentStatus, &Intent),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let put = diesel::update(payments::table.find(payment)).set((
        payments::status.eq(status.as_str()),
        payments::intent_id.eq(&intent.id),
        // An answer without the secret does not make us forget it.
        intent.client_secret.as_ref().map(|secret| payments::client_secret.eq(secret)),
        payments::failure.eq(&intent.failure),
        payments::updated_at.eq(now),
    ));
    cached(put).execute(tx).await?;
    Ok(())
}

/// Attaches the intent to an attempt that waits for it; false when it has one already or has failed.
pub(crate) async fn put_created(
    conn: &mut Tx,
    payment: PaymentId,
    (status, intent): (PaymentStatus, &Intent),
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let creating = payments::status.eq(PaymentStatus::Creating.as_str());
    let waiting = payments::id.eq(payment).and(payments::intent_id.is_null()).and(creating);
    let put = diesel::update(payments::table.filter(waiting)).set((
        payments::status.eq(status.as_str()),
        payments::intent_id.eq(&intent.id),
        payments::client_secret.eq(&intent.client_secret),
        payments::updated_at.eq(now),
    ));
    Ok(cached(put).execute(conn).await? == 1)
}

/// The provider refused to take the money at all; false when the payment has moved on.
pub(crate) async fn put_refused(
    tx: &mut Tx,
    payment: PaymentId,
    reason: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let waiting = payments::id.eq(payment).and(payments::status.eq(PaymentStatus::Creating.as_str()));
    let changed = diesel::update(payments::table.filter(waiting))
        .set((
            payments::status.eq(PaymentStatus::Failed.as_str()),
            payments::failure.eq(reason),
            payments::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(changed == 1)
}

/// Notes that the provider's view differs; false when it was noted before.
pub(crate) async fn put_mismatch(
    tx: &mut Tx,
    payment: PaymentId,
    differences: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let fresh = payments::id.eq(payment).and(payments::mismatch.is_distinct_from(differences));
    let changed = diesel::update(payments::table.filter(fresh))
        .set((payments::mismatch.eq(differences), payments::updated_at.eq(now)))
        .execute(tx)
        .await?;
    Ok(changed == 1)
}

/// Stores a provider's event, as worked on when there is nothing to do; false when it is there already.
pub(crate) async fn insert_event(
    tx: &mut Tx,
    event: &ProviderEvent,
    payload: &Value,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let stored = diesel::insert_into(inbox::table)
        .values((
            inbox::event_id.eq(&event.id),
            inbox::kind.eq(&event.kind),
            inbox::intent_id.eq(&event.intent),
            inbox::payload.eq(payload),
            inbox::received_at.eq(now),
            inbox::worked_at.eq((!event.moves_money()).then_some(now)),
        ))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    Ok(stored == 1)
}

pub(crate) async fn put_worked(conn: &mut Tx, event: &str, now: DateTime<Utc>) -> QueryResult<()> {
    let put = diesel::update(inbox::table.find(event)).set(inbox::worked_at.eq(now));
    cached(put).execute(conn).await?;
    Ok(())
}

/// Deletes a thousand of the events worked on before then; whether there may be more.
pub(crate) async fn delete_worked(conn: &mut Tx, before: DateTime<Utc>) -> QueryResult<bool> {
    let old = diesel::sql_query(
        "delete from payments.inbox where event_id in (
             select event_id from payments.inbox where worked_at < $1 order by worked_at limit 1000
         )",
    );
    Ok(old.bind::<Timestamptz, _>(before).execute(conn).await? == 1000)
}

impl From<&Payment> for PaymentRow {
    fn from(payment: &Payment) -> Self {
        Self {
            id: payment.id,
            order_id: payment.order,
            attempt: payment.attempt,
            method: payment.method.as_str().to_owned(),
            amount: payment.amount.amount(),
            currency: payment.amount.currency().code().to_owned(),
            status: payment.status.as_str().to_owned(),
            intent_id: payment.intent.clone(),
            client_secret: payment.client_secret.clone(),
            failure: payment.failure.clone(),
            expires_at: payment.expires_at,
            created_at: payment.created_at,
            updated_at: payment.created_at,
        }
    }
}

impl PaymentRow {
    fn into_payment(self) -> QueryResult<Payment> {
        Ok(Payment {
            id: self.id,
            order: self.order_id,
            attempt: self.attempt,
            method: Method::from_word(&self.method).ok_or_else(|| corrupt("unknown method"))?,
            amount: Money::grosz(self.amount),
            status: status_of(&self.status)?,
            intent: self.intent_id,
            client_secret: self.client_secret,
            failure: self.failure,
            expires_at: self.expires_at,
            created_at: self.created_at,
        })
    }
}

fn status_of(word: &str) -> QueryResult<PaymentStatus> {
    PaymentStatus::from_word(word).ok_or_else(|| corrupt("unknown status"))
}

/// What the table's checks rule out.
fn corrupt(what: &str) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(what.into())
}
