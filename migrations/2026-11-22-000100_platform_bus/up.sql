create schema platform;

create table platform.outbox (
    id uuid primary key,
    name text not null,
    aggregate text not null,
    payload jsonb not null,
    occurred_at timestamptz not null,
    relayed_at timestamptz
);
create index outbox_waiting on platform.outbox (id) where relayed_at is null;
create index outbox_relayed on platform.outbox (relayed_at) where relayed_at is not null;

create table platform.jobs (
    id uuid primary key,
    name text not null,
    payload jsonb not null,
    attempts int not null default 0,
    run_at timestamptz not null,
    created_at timestamptz not null,
    last_error text,
    dead_at timestamptz
);
create index jobs_due on platform.jobs (run_at) where dead_at is null;

create table platform.idempotency_keys (
    scope text not null,
    key text not null check (length(key) between 1 and 255),
    request_hash bytea not null,
    resource_id uuid not null,
    locked_until timestamptz,
    status smallint,
    body text,
    created_at timestamptz not null,
    primary key (scope, key),
    check ((status is null) = (body is null))
);
create index idempotency_keys_age on platform.idempotency_keys (created_at);

create table platform.schedules (
    name text primary key,
    next_run_at timestamptz not null
);
