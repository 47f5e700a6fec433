//! Jobs that come round: each due one is put into the queue once, however many instances look.

use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, DbError, cached};
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::Job;

/// Job names with their queues and periods.
#[derive(Debug, Clone, Default)]
pub struct Schedules {
    jobs: Vec<&'static str>,
    queues: Vec<&'static str>,
    /// Milliseconds.
    periods: Vec<i64>,
}

impl Schedules {
    #[must_use]
    pub fn every<J: Job<Payload = ()>>(mut self, period: TimeDelta) -> Self {
        self.jobs.push(J::NAME);
        self.queues.push(J::QUEUE.as_str());
        self.periods.push(period.num_milliseconds());
        self
    }

    /// Enqueues what is due; returns how many.
    ///
    /// Whoever moves a schedule on makes its job. A turn whose last job still waits is skipped: a queue that stood
    /// still for an hour is not worked off by doing the same hundreds of times.
    pub async fn tick(&self, db: &Db, now: DateTime<Utc>) -> Result<usize, DbError> {
        let tick = diesel::sql_query(
            "with turns as (
                 insert into platform.schedules as s (name, next_run_at)
                 select d.name, $4 + d.period * interval '1 millisecond'
                 from unnest($1, $3) as d (name, period)
                 where not exists (
                     select from platform.schedules k where k.name = d.name and k.next_run_at > $4
                 )
                 order by d.name
                 on conflict (name) do update set next_run_at = excluded.next_run_at where s.next_run_at <= $4
                 returning s.name
             )
             insert into platform.jobs (id, name, queue, payload, run_at, created_at)
             select gen_random_uuid(), t.name, d.queue, 'null', $4, $4
             from turns t join unnest($1, $2) as d (name, queue) using (name)
             where not exists (
                 select from platform.jobs j where j.queue = d.queue and j.name = t.name and j.dead_at is null
             )",
        );
        let tick = tick
            .bind::<Array<Text>, _>(&self.jobs)
            .bind::<Array<Text>, _>(&self.queues)
            .bind::<Array<BigInt>, _>(&self.periods)
            .bind::<Timestamptz, _>(now);
        Ok(cached(tick).execute(&mut *db.conn().await?).await?)
    }
}
