//! Events and jobs.
//!
//! An event is published by writing it beside the change it tells of. The relay turns it into one job for each
//! subscriber. The runner runs jobs: a failing one backs off and comes again, after fifty tries it is buried.
//! Schedules put a job into the queue every so often, once however many instances run.

mod jobs;
mod metrics;
mod queue;
mod relay;
mod schedule;
mod schema;
#[cfg(test)]
mod tests;

pub use self::{
    jobs::{Effect, Handler, Job, JobContext, JobError, Runner, enqueue, work},
    metrics::{Lag, lag},
    queue::Queue,
    relay::{Subscriptions, relay},
    schedule::Schedules,
};

use chrono::{DateTime, Utc};
use contracts::Event;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::id::EventId;

use schema::outbox;

/// An event as `platform.publish_all` takes it, for a domain whose own SQL records it.
pub struct Message {
    pub id: EventId,
    pub aggregate: String,
    pub payload: serde_json::Value,
}

pub fn message(event: &impl Event, now: DateTime<Utc>) -> QueryResult<Message> {
    Ok(Message { id: EventId::generate(now), aggregate: event.aggregate(), payload: payload(event)? })
}

fn payload(event: &impl Event) -> QueryResult<serde_json::Value> {
    serde_json::to_value(event).map_err(|e| diesel::result::Error::SerializationError(e.into()))
}

/// Records `event` in the caller's transaction. Commit publishes it; rollback forgets it.
pub async fn publish<E: Event>(tx: &mut db::Tx, event: &E, now: DateTime<Utc>) -> QueryResult<EventId> {
    let id = EventId::generate(now);
    diesel::insert_into(outbox::table)
        .values((
            outbox::id.eq(id),
            outbox::name.eq(E::NAME),
            outbox::aggregate.eq(event.aggregate()),
            outbox::payload.eq(payload(event)?),
            outbox::occurred_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(id)
}
