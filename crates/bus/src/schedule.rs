//! Jobs that come round: each due one is put into the queue once, however many instances look.

use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, DbError, Transact as _};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::id::JobId;
use serde_json::json;

use crate::{
    Job,
    schema::{jobs, schedules},
};

/// Job names with their periods.
#[derive(Debug, Clone, Default)]
pub struct Schedules(Vec<(&'static str, TimeDelta)>);

impl Schedules {
    #[must_use]
    pub fn every<J: Job<Payload = ()>>(mut self, period: TimeDelta) -> Self {
        self.0.push((J::NAME, period));
        self
    }

    /// Enqueues what is due; returns how many.
    pub async fn tick(&self, db: &Db, now: DateTime<Utc>) -> Result<usize, DbError> {
        let mut conn = db.conn().await?;
        let mut count = 0;
        for (name, period) in &self.0 {
            let due = conn.transaction(async |tx| take_turn(tx, name, *period, now).await).await?;
            count += usize::from(due);
        }
        Ok(count)
    }
}

/// Moves the schedule on if its time has come; whoever moves it makes the job.
async fn take_turn(tx: &mut db::Tx, name: &str, period: TimeDelta, now: DateTime<Utc>) -> QueryResult<bool> {
    diesel::insert_into(schedules::table)
        .values((schedules::name.eq(name), schedules::next_run_at.eq(now)))
        .on_conflict_do_nothing()
        .execute(tx)
        .await?;
    let moved =
        diesel::update(schedules::table.filter(schedules::name.eq(name).and(schedules::next_run_at.le(now))))
            .set(schedules::next_run_at.eq(now + period))
            .execute(tx)
            .await?;
    if moved == 0 {
        return Ok(false);
    }
    diesel::insert_into(jobs::table)
        .values((
            jobs::id.eq(JobId::generate(now)),
            jobs::name.eq(name),
            jobs::payload.eq(json!(null)),
            jobs::run_at.eq(now),
            jobs::created_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(true)
}
