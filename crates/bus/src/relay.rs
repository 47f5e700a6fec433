//! Outbox to jobs: one job for each subscriber of each event, exactly once.

use chrono::{DateTime, TimeDelta, Utc};
use contracts::Event;
use db::Tx;
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;

use crate::{Job, schema::outbox};

/// Which jobs run when an event is published.
#[derive(Debug, Clone, Default)]
pub struct Subscriptions {
    events: Vec<&'static str>,
    jobs: Vec<&'static str>,
    /// Events whose payload is erased from the outbox as it moves on with its job.
    secret: Vec<&'static str>,
}

impl Subscriptions {
    /// `J` runs for each `E`; the event itself is the job's payload.
    #[must_use]
    pub fn on<E: Event, J: Job<Payload = E>>(mut self) -> Self {
        self.events.push(E::NAME);
        self.jobs.push(J::NAME);
        if E::SECRET {
            self.secret.push(E::NAME);
        }
        self
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.events.iter().copied().zip(self.jobs.iter().copied())
    }
}

/// Relays up to `batch` events; returns how many. Any number of relays may run at once.
pub async fn relay(
    conn: &mut Tx,
    subscriptions: &Subscriptions,
    now: DateTime<Utc>,
    batch: i64,
) -> QueryResult<usize> {
    // The events are marked and the jobs made in one statement.
    diesel::sql_query(
        "with waiting as (
             select id, name, payload from platform.outbox
             where relayed_at is null order by id limit $1 for update skip locked
         ), made as (
             insert into platform.jobs (id, name, payload, run_at, created_at)
             select gen_random_uuid(), s.job, w.payload, $4, $4
             from waiting w join unnest($2, $3) as s (event, job) on s.event = w.name
         )
         update platform.outbox o set relayed_at = $4, payload = case
             when o.name = any($5) then '{}' else o.payload end
         from waiting w where o.id = w.id",
    )
    .bind::<BigInt, _>(batch)
    .bind::<Array<Text>, _>(&subscriptions.events)
    .bind::<Array<Text>, _>(&subscriptions.jobs)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Text>, _>(&subscriptions.secret)
    .execute(conn)
    .await
}

/// Deletes events relayed longer than a week ago; returns how many.
pub async fn sweep(tx: &mut Tx, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(outbox::table.filter(outbox::relayed_at.lt(now - TimeDelta::days(7)))).execute(tx).await
}
