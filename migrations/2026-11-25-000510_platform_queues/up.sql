-- Work that waits for somebody slow stands in nobody else's way: each queue is worked off by loops of its own.
-- What waits now, and what a binary puts in that knows no queues yet, lands among the handlers; the workers sort it in.
alter table platform.jobs add column queue text not null default 'handlers'
    check (queue in ('handlers', 'effects', 'slow'));
-- Nobody takes these any more: inventory asks whether an order exists before it gives anything back.
delete from platform.jobs where name like '%.hold_for_order';

drop index platform.jobs_due;
create index jobs_due on platform.jobs (queue, run_at) where dead_at is null;
create index jobs_dead on platform.jobs (dead_at) where dead_at is not null;

-- Every row goes within seconds. Vacuumed by the number of the gone, or the indexes grow with each day's events.
alter table platform.jobs set (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0
);
