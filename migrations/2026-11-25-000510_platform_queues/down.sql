alter table platform.jobs reset (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay
);
drop index platform.jobs_dead;
drop index platform.jobs_due;
create index jobs_due on platform.jobs (run_at) where dead_at is null;
alter table platform.jobs drop column queue;
