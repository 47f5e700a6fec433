alter table platform.outbox reset (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay
);
alter table platform.outbox add column relayed_at timestamptz;
create index outbox_waiting on platform.outbox (id) where relayed_at is null;
create index outbox_relayed on platform.outbox (relayed_at) where relayed_at is not null;
