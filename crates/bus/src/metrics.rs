//! How far behind the queues are.

use chrono::{DateTime, Utc};
use db::{Db, DbError};
use diesel::{dsl::count_star, prelude::*};
use diesel_async::RunQueryDsl;

use crate::{
    Queue,
    schema::{jobs, outbox},
};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lag {
    /// Age of the oldest event that waits for the relay, milliseconds.
    pub outbox_ms: i64,
    /// How long the job that waits longest has been due, milliseconds.
    pub jobs_ms: i64,
    /// Jobs in the grave.
    pub dead: i64,
}

/// Looks at the first of each, never at all of them: behind is when it matters, and then there are many.
pub async fn lag(db: &Db, now: DateTime<Utc>) -> Result<Lag, DbError> {
    let mut conn = db.conn().await?;
    let age = |at: Option<DateTime<Utc>>| at.map_or(0, |at| (now - at).num_milliseconds().max(0));
    // Their ids rise with time.
    let first = outbox::table.order(outbox::id).select(outbox::occurred_at);
    let outbox_ms = age(first.first(&mut conn).await.optional()?);
    let mut jobs_ms = 0;
    for queue in Queue::ALL {
        let waiting = jobs::table.filter(jobs::dead_at.is_null().and(jobs::queue.eq(queue.as_str())));
        let due = waiting.filter(jobs::run_at.le(now)).order(jobs::run_at).select(jobs::run_at);
        jobs_ms = jobs_ms.max(age(due.first(&mut conn).await.optional()?));
    }
    let dead = jobs::table.filter(jobs::dead_at.is_not_null()).select(count_star()).first(&mut conn).await?;
    Ok(Lag { outbox_ms, jobs_ms, dead })
}
