//! Outbox to jobs: one job for each subscriber of each event, exactly once.

use chrono::{DateTime, TimeDelta, Utc};
use contracts::Event;
use db::{Tx, cached};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::Job;

/// Which jobs run when an event is published.
#[derive(Debug, Clone, Default)]
pub struct Subscriptions {
    events: Vec<&'static str>,
    jobs: Vec<&'static str>,
    queues: Vec<&'static str>,
    /// Milliseconds between the event and its job.
    delays: Vec<i64>,
    /// What the event must hold for its job to be made.
    holding: Vec<Option<Value>>,
}

impl Subscriptions {
    /// `J` runs for each `E`; the event itself is the job's payload.
    #[must_use]
    pub fn on<E: Event, J: Job<Payload = E>>(self) -> Self {
        self.with::<E, J>(TimeDelta::zero(), None)
    }

    /// `J` runs for each `E` that holds these fields: no job is made of the others only to find nothing to do.
    #[must_use]
    pub fn on_those<E: Event, J: Job<Payload = E>>(self, holding: Value) -> Self {
        self.with::<E, J>(TimeDelta::zero(), Some(holding))
    }

    /// `J` runs so long after each `E`: a safety net under what somebody is probably doing right now.
    #[must_use]
    pub fn on_after<E: Event, J: Job<Payload = E>>(self, delay: TimeDelta) -> Self {
        self.with::<E, J>(delay, None)
    }

    fn with<E: Event, J: Job<Payload = E>>(mut self, delay: TimeDelta, holding: Option<Value>) -> Self {
        self.events.push(E::NAME);
        self.jobs.push(J::NAME);
        self.queues.push(J::QUEUE.as_str());
        self.delays.push(delay.num_milliseconds());
        self.holding.push(holding);
        self
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.events.iter().copied().zip(self.jobs.iter().copied())
    }
}

#[derive(QueryableByName)]
struct Relayed {
    #[diesel(sql_type = BigInt)]
    events: i64,
}

/// Relays up to `batch` events; returns how many. Any number of relays may run at once.
pub async fn relay(
    conn: &mut Tx,
    subscriptions: &Subscriptions,
    now: DateTime<Utc>,
    batch: i64,
) -> QueryResult<usize> {
    let relay = diesel::sql_query("select platform.relay($1, $2, $3, $4, $5, $6, $7) as events")
        .bind::<BigInt, _>(batch)
        .bind::<Array<Text>, _>(&subscriptions.events)
        .bind::<Array<Text>, _>(&subscriptions.jobs)
        .bind::<Array<Text>, _>(&subscriptions.queues)
        .bind::<Array<BigInt>, _>(&subscriptions.delays)
        .bind::<Array<Nullable<Jsonb>>, _>(&subscriptions.holding)
        .bind::<Timestamptz, _>(now);
    let relayed: Relayed = cached(relay).get_result(conn).await?;
    if relayed.events > 0 {
        kernel::crash::point("bus.after_relay");
    }
    Ok(usize::try_from(relayed.events).unwrap_or(usize::MAX))
}
