//! SQL of payments.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use db::{Tx, cached};
use diesel::{
    dsl::{exists, select, sql},
    expression::SqlLiteral,
    prelude::*,
    sql_query,
    sql_types::{self, Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use kernel::{
    Money,
    id::{OrderId, PaymentId, UserId},
};
use serde_json::Value;

use crate::{
    Payment, PaymentStatus,
    measures::Measures,
    ports::{Intent, Method, NextAction},
    schema::{customers, inbox, payments, refunds},
};

#[derive(HasQuery)]
#[diesel(table_name = payments)]
struct PaymentRow {
    id: PaymentId,
    order_id: OrderId,
    attempt: i32,
    method: String,
    amount: i64,
    status: String,
    intent_id: Option<String>,
    client_secret: Option<String>,
    failure: Option<String>,
    expires_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    next_action: Option<Value>,
    customer_id: Option<String>,
}

/// An attempt that is about to be written.
pub(crate) struct NewAttempt {
    pub(crate) payment: Payment,
    pub(crate) user: UserId,
}

#[derive(QueryableByName)]
#[diesel(table_name = payments)]
struct InsertedRow {
    id: PaymentId,
    customer_id: Option<String>,
}

/// Writes new attempts, each with whom the provider knows its user as, and tells them as they stand; none for one that
/// is there already.
pub(crate) async fn insert_attempts(
    conn: &mut Tx,
    new: &[Arc<NewAttempt>],
) -> QueryResult<Vec<Option<Payment>>> {
    let insert = sql_query(
        "insert into payments.payments
             (id, order_id, attempt, method, amount, currency, status, expires_at, created_at, updated_at, customer_id)
         select n.id, n.order_id, n.attempt, n.method, n.amount, n.currency, n.status, n.expires_at, n.at, n.at,
             (select c.customer_id from payments.customers c where c.user_id = n.user_id)
         from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             n (id, order_id, attempt, method, amount, currency, status, expires_at, at, user_id)
         on conflict (order_id, attempt) do nothing
         returning id, customer_id",
    )
    .bind::<Array<sql_types::Uuid>, _>(column(new, |payment| payment.id))
    .bind::<Array<sql_types::Uuid>, _>(column(new, |payment| payment.order))
    .bind::<Array<Integer>, _>(column(new, |payment| payment.attempt))
    .bind::<Array<Text>, _>(column(new, |payment| payment.method.as_str()))
    .bind::<Array<BigInt>, _>(column(new, |payment| payment.amount.amount()))
    .bind::<Array<Text>, _>(column(new, |payment| payment.amount.currency().code()))
    .bind::<Array<Text>, _>(column(new, |payment| payment.status.as_str()))
    .bind::<Array<Timestamptz>, _>(column(new, |payment| payment.expires_at))
    .bind::<Array<Timestamptz>, _>(column(new, |payment| payment.created_at))
    .bind::<Array<sql_types::Uuid>, _>(new.iter().map(|new| new.user).collect::<Vec<_>>());
    let written: Vec<InsertedRow> = cached(insert).load(conn).await?;
    let stands = |NewAttempt { payment, .. }: &NewAttempt| {
        let row = written.iter().find(|row| row.id == payment.id)?;
        Some(Payment { customer: row.customer_id.clone(), ..payment.clone() })
    };
    Ok(new.iter().map(|one| stands(one)).collect())
}

fn column<'a, T>(new: &'a [Arc<NewAttempt>], of: impl Fn(&'a Payment) -> T) -> Vec<T> {
    new.iter().map(|new| of(&new.payment)).collect()
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

pub(crate) async fn find(conn: &mut Tx, id: PaymentId) -> QueryResult<Option<Payment>> {
    let row = PaymentRow::query().find(id).first(conn).await.optional()?;
    row.map(PaymentRow::into_payment).transpose()
}

/// Whether there is another attempt that may still take money, or took it.
pub(crate) async fn has_other_attempts(tx: &mut Tx, order: OrderId, than: PaymentId) -> QueryResult<bool> {
    let others = payments::order_id.eq(order).and(payments::id.ne(than));
    let dead = payments::status.eq(PaymentStatus::Canceled.as_str());
    cached(select(exists(payments::table.filter(others.and(diesel::dsl::not(dead)))))).get_result(tx).await
}

/// The attempts to pay an order, locked, in the order of their numbers.
pub(crate) async fn lock_of_order(tx: &mut Tx, order: OrderId) -> QueryResult<Vec<Payment>> {
    let of_order = PaymentRow::query().filter(payments::order_id.eq(order));
    let rows: Vec<PaymentRow> = of_order.order(payments::attempt).for_update().load(tx).await?;
    rows.into_iter().map(PaymentRow::into_payment).collect()
}

/// The payment of an intent that is attached, locked.
pub(crate) async fn lock_of_intent(tx: &mut Tx, intent: &str) -> QueryResult<Option<Payment>> {
    let of_intent = PaymentRow::query().filter(payments::intent_id.eq(intent));
    of_intent.for_update().first(tx).await.optional()?.map(PaymentRow::into_payment).transpose()
}

/// Those of these intents that are ours.
pub(crate) async fn list_of_intents(conn: &mut Tx, intents: &[String]) -> QueryResult<Vec<Payment>> {
    let rows: Vec<PaymentRow> =
        PaymentRow::query().filter(payments::intent_id.eq_any(intents)).load(conn).await?;
    rows.into_iter().map(PaymentRow::into_payment).collect()
}

/// What is not final here, spelled out as in the index `payments_open`.
fn open() -> SqlLiteral<Bool> {
    sql("status in ('creating', 'requires_payment_method', 'requires_action', 'processing', 'failed')
         and method <> 'bank_transfer'")
}

/// What the provider may know more about, those longest unasked first.
pub(crate) async fn list_open(conn: &mut Tx, before: DateTime<Utc>, limit: i64) -> QueryResult<Vec<Payment>> {
    let settled = payments::updated_at.lt(before);
    let unasked = payments::checked_at.is_null().or(payments::checked_at.lt(before));
    let rows: Vec<PaymentRow> = PaymentRow::query()
        .filter(open().and(settled).and(unasked))
        .order(payments::checked_at.asc().nulls_first())
        .limit(limit)
        .load(conn)
        .await?;
    rows.into_iter().map(PaymentRow::into_payment).collect()
}

/// Attempts begun in that span that the provider should know, and that it has not listed since `begun`.
pub(crate) async fn list_unseen(
    conn: &mut Tx,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    begun: DateTime<Utc>,
    after: Option<PaymentId>,
    limit: i64,
) -> QueryResult<Vec<Payment>> {
    // Ids begin with the time at which they were made.
    let from = after.unwrap_or_else(|| PaymentId::generate(since));
    let unseen = payments::checked_at.is_null().or(payments::checked_at.lt(begun));
    let rows: Vec<PaymentRow> = PaymentRow::query()
        .filter(payments::id.gt(from).and(payments::created_at.lt(until)))
        .filter(payments::intent_id.is_not_null().and(unseen))
        .order(payments::id)
        .limit(limit)
        .load(conn)
        .await?;
    rows.into_iter().map(PaymentRow::into_payment).collect()
}

pub(crate) async fn put_checked(conn: &mut Tx, ids: &[PaymentId], now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(payments::table.filter(payments::id.eq_any(ids)))
        .set(payments::checked_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whom the provider knows the customer as.
pub(crate) async fn find_customer(conn: &mut Tx, user: UserId) -> QueryResult<Option<String>> {
    cached(customers::table.find(user).select(customers::customer_id)).get_result(conn).await.optional()
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
    if let Some(known) = lock_of_intent(tx, &intent.id).await? {
        return Ok(Some(known));
    }
    let Some(order) = intent.order else { return Ok(None) };
    let waiting = payments::order_id.eq(order).and(payments::intent_id.is_null());
    let first = PaymentRow::query().filter(waiting).order(payments::attempt).for_update();
    first.first(tx).await.optional()?.map(PaymentRow::into_payment).transpose()
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
        payments::next_action.eq(action_json(intent.next_action.as_ref())?),
        payments::updated_at.eq(now),
    ));
    cached(put).execute(tx).await?;
    Ok(())
}

/// An intent that was made for an attempt.
pub(crate) struct Made {
    pub(crate) payment: PaymentId,
    pub(crate) intent: Intent,
    pub(crate) at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct AttachedRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: PaymentId,
}

/// Attaches each intent to its attempt, which from now on waits for the customer's method; false when the attempt has
/// one already or has failed.
pub(crate) async fn attach_intents(conn: &mut Tx, made: &[Arc<Made>]) -> QueryResult<Vec<bool>> {
    let secret = |one: &'_ Arc<Made>| one.intent.client_secret.clone();
    let attach = sql_query("select a as id from payments.attach_intents($1, $2, $3, $4) a")
        .bind::<Array<sql_types::Uuid>, _>(made.iter().map(|one| one.payment).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(made.iter().map(|one| one.intent.id.as_str()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(made.iter().map(secret).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(made.iter().map(|one| one.at).collect::<Vec<_>>());
    let attached: Vec<AttachedRow> = cached(attach).load(conn).await?;
    Ok(made.iter().map(|one| attached.iter().any(|row| row.id == one.payment)).collect())
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

fn action_json(action: Option<&NextAction>) -> QueryResult<Option<Value>> {
    let json = action.map(serde_json::to_value).transpose();
    json.map_err(|e| diesel::result::Error::SerializationError(e.into()))
}

impl PaymentRow {
    fn into_payment(self) -> QueryResult<Payment> {
        Ok(Payment {
            id: self.id,
            order: self.order_id,
            customer: self.customer_id,
            attempt: self.attempt,
            method: Method::from_word(&self.method).ok_or_else(|| corrupt("unknown method"))?,
            amount: Money::grosz(self.amount),
            status: status_of(&self.status)?,
            intent: self.intent_id,
            client_secret: self.client_secret,
            next_action: self.next_action.and_then(|action| serde_json::from_value(action).ok()),
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
pub(crate) fn corrupt(what: &str) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(what.into())
}

#[derive(QueryableByName)]
pub(crate) struct ViolationRow {
    #[diesel(sql_type = Text)]
    pub(crate) rule: String,
    #[diesel(sql_type = Text)]
    pub(crate) subject: String,
    #[diesel(sql_type = Text)]
    pub(crate) stands: String,
    #[diesel(sql_type = Text)]
    pub(crate) expected: String,
}

pub(crate) async fn list_violations(conn: &mut Tx) -> QueryResult<Vec<ViolationRow>> {
    diesel::sql_query("select rule, subject, stands, expected from payments.integrity limit 100")
        .load(conn)
        .await
}

/// Since when the oldest event waits, how many attempts have been `creating` since before the first moment, how many refunds
/// open since before the second.
pub(crate) async fn measure(
    conn: &mut Tx,
    now: DateTime<Utc>,
    (intent, refund): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<Measures> {
    let oldest: Option<DateTime<Utc>> = inbox::table
        .filter(inbox::worked_at.is_null())
        .select(diesel::dsl::min(inbox::received_at))
        .get_result(conn)
        .await?;
    let creating = open().and(payments::status.eq(PaymentStatus::Creating.as_str()));
    let unknown_outcomes = payments::table
        .filter(creating.and(payments::created_at.lt(intent)))
        .count()
        .get_result(conn)
        .await?;
    let open = sql::<Bool>("status in ('requested', 'pending')");
    let slow_refunds =
        refunds::table.filter(open.and(refunds::requested_at.lt(refund))).count().get_result(conn).await?;
    let inbox_ms = oldest.map_or(0, |oldest| (now - oldest).num_milliseconds().max(0));
    Ok(Measures { inbox_ms, unknown_outcomes, slow_refunds })
}
