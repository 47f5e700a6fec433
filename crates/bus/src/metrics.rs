//! How far behind the queues are.

use chrono::{DateTime, Utc};
use db::{Db, DbError};
use diesel::{
    dsl::{count_star, min},
    prelude::*,
};
use diesel_async::RunQueryDsl;

use crate::schema::{jobs, outbox};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lag {
    /// Age of the oldest event that waits for the relay, milliseconds.
    pub outbox_ms: i64,
    /// How long the job that waits longest has been due, milliseconds.
    pub jobs_ms: i64,
    /// Jobs in the grave.
    pub dead: i64,
}

pub async fn lag(db: &Db, now: DateTime<Utc>) -> Result<Lag, DbError> {
    let mut conn = db.conn().await?;
    let oldest: Option<DateTime<Utc>> = outbox::table
        .filter(outbox::relayed_at.is_null())
        .select(min(outbox::occurred_at))
        .first(&mut conn)
        .await?;
    let due: Option<DateTime<Utc>> = jobs::table
        .filter(jobs::dead_at.is_null().and(jobs::run_at.le(now)))
        .select(min(jobs::run_at))
        .first(&mut conn)
        .await?;
    let dead = jobs::table.filter(jobs::dead_at.is_not_null()).select(count_star()).first(&mut conn).await?;
    let age = |at: Option<DateTime<Utc>>| at.map_or(0, |at| (now - at).num_milliseconds().max(0));
    Ok(Lag { outbox_ms: age(oldest), jobs_ms: age(due), dead })
}
