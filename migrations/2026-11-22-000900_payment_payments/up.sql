create schema payments;

create table payments.payments (
    id uuid primary key,
    order_id uuid not null,
    attempt int not null check (attempt > 0),
    method text not null check (method in ('card', 'blik', 'p24')),
    amount bigint not null check (amount > 0),
    currency text not null check (currency = 'PLN'),
    status text not null check (status in (
        'creating', 'requires_payment_method', 'requires_action', 'processing', 'failed', 'canceled',
        'succeeded', 'refunded')),
    -- The provider's intent, once it is known here.
    intent_id text unique,
    client_secret text,
    failure text,
    -- In what the provider's view differs from ours; a person has to look.
    mismatch text,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (order_id, attempt)
);

-- Events of the provider as they came in; worked on by a job, which fetches the truth.
create table payments.inbox (
    event_id text primary key,
    kind text not null,
    intent_id text,
    payload jsonb not null,
    received_at timestamptz not null,
    worked_at timestamptz
);
create index inbox_waiting on payments.inbox (received_at) where worked_at is null;
