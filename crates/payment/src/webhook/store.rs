//! SQL of the inbox.

use chrono::{DateTime, Utc};
use db::{Tx, cached};
use diesel::{
    dsl::{exists, select},
    prelude::*,
    sql_types::{Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use kernel::Limit;

use super::{ProviderEvent, jobs};
use crate::schema::{self, inbox};

/// Stores a provider's event with the job that works on it; without one when there is nothing to do.
pub(crate) async fn receive(
    conn: &mut Tx,
    event: &ProviderEvent,
    body: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let work = jobs::EventToWork { event: event.id.clone(), intent: event.intent.clone() };
    let job = event.is_work().then(|| bus::work::<jobs::WorkEvent>(&work, now)).transpose()?;
    let stored = schema::receive(&event.id, &event.kind, event.intent.as_deref(), body, job, now);
    select(stored).get_result(conn).await
}

/// An event that the caller has to itself for a while.
#[derive(QueryableByName)]
pub(crate) struct Claimed {
    #[diesel(sql_type = Text)]
    pub(crate) event_id: String,
    #[diesel(sql_type = Text)]
    pub(crate) kind: String,
}

/// Claims the events of an intent that wait; none while another is at the intent.
pub(crate) async fn claim_events(
    conn: &mut Tx,
    intent: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> QueryResult<Vec<Claimed>> {
    diesel::sql_query("select event_id, kind from payments.claim_events($1, $2, $3)")
        .bind::<Text, _>(intent)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(until)
        .load(conn)
        .await
}

pub(crate) async fn is_worked(conn: &mut Tx, event: &str) -> QueryResult<bool> {
    let worked = inbox::event_id.eq(event).and(inbox::worked_at.is_not_null());
    cached(select(exists(inbox::table.filter(worked)))).get_result(conn).await
}

pub(crate) async fn put_worked(conn: &mut Tx, events: &[String], now: DateTime<Utc>) -> QueryResult<()> {
    let put = diesel::update(inbox::table.filter(inbox::event_id.eq_any(events)));
    put.set((inbox::worked_at.eq(now), inbox::claimed_until.eq(None::<DateTime<Utc>>))).execute(conn).await?;
    Ok(())
}

/// They wait for another try.
pub(crate) async fn put_unclaimed(conn: &mut Tx, events: &[String]) -> QueryResult<()> {
    let put = diesel::update(inbox::table.filter(inbox::event_id.eq_any(events)));
    put.set(inbox::claimed_until.eq(None::<DateTime<Utc>>)).execute(conn).await?;
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

/// An event as people see it.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = inbox)]
pub(crate) struct EventRow {
    pub(crate) event_id: String,
    pub(crate) kind: String,
    pub(crate) intent_id: Option<String>,
    pub(crate) received_at: DateTime<Utc>,
    pub(crate) worked_at: Option<DateTime<Utc>>,
}

/// The events of one intent, newest first.
pub(crate) async fn list_of_intent(conn: &mut Tx, intent: &str, limit: Limit) -> QueryResult<Vec<EventRow>> {
    let limit = i64::try_from(limit.get()).unwrap_or(i64::MAX);
    let of_intent = inbox::table.filter(inbox::intent_id.eq(intent)).order(inbox::received_at.desc());
    of_intent.limit(limit).select(EventRow::as_select()).load(conn).await
}

/// Has an event wait again; nothing when it is not known.
pub(crate) async fn put_waiting(tx: &mut Tx, event: &str) -> QueryResult<Option<EventRow>> {
    let put = diesel::update(inbox::table.find(event));
    put.set((inbox::worked_at.eq(None::<DateTime<Utc>>), inbox::claimed_until.eq(None::<DateTime<Utc>>)))
        .returning(EventRow::as_returning())
        .get_result(tx)
        .await
        .optional()
}
