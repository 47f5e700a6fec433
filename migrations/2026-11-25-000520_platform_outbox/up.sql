-- An event leaves the outbox as it becomes jobs, so there is nothing to mark and nothing to sweep.
-- Until the new version starts, the relay of an older one fails: events wait, and none is lost or relayed twice.
delete from platform.outbox where relayed_at is not null;
drop index platform.outbox_waiting;
drop index platform.outbox_relayed;
alter table platform.outbox drop column relayed_at;
alter table platform.outbox set (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0
);
