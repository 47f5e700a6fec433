alter table payments.payments
    -- Whose saved cards can pay it, in the provider's words: as it was when the attempt was begun, since the same key asks
    -- for the same.
    add column customer_id text,
    -- What the customer has to do, in the provider's words, while the payment requires action.
    add column next_action jsonb,
    -- How often the sum of its refunds changed: the order believes the last word only.
    add column refund_revision int not null default 0,
    -- When the provider was last asked about it out of turn.
    add column checked_at timestamptz;
-- What reconciliation asks about.
create index payments_open on payments.payments (checked_at nulls first)
    where status in ('creating', 'requires_payment_method', 'requires_action', 'processing', 'failed')
        and method <> 'bank_transfer';

-- Whom the provider knows a customer as.
create table payments.customers (
    user_id uuid primary key,
    customer_id text not null unique,
    created_at timestamptz not null
);

-- Money that goes back. Written before the provider hears of it, and never more in sum than was paid.
create table payments.refunds (
    id uuid primary key,
    payment_id uuid not null references payments.payments,
    order_id uuid not null,
    -- Makes it once, here and at the provider.
    key text not null unique,
    amount bigint not null check (amount > 0),
    status text not null check (status in ('requested', 'pending', 'succeeded', 'failed')),
    reason text not null,
    -- The provider's id of it, once it is known here.
    provider_id text unique,
    failure text,
    requested_at timestamptz not null,
    updated_at timestamptz not null
);
create index refunds_by_payment on payments.refunds (payment_id);
create index refunds_by_order on payments.refunds (order_id, requested_at);
-- What is on its way.
create index refunds_open on payments.refunds (requested_at) where status in ('requested', 'pending');

-- What customers' banks were told.
create table payments.disputes (
    id text primary key,
    payment_id uuid not null references payments.payments,
    order_id uuid not null,
    amount bigint not null,
    reason text not null,
    state text not null check (state in ('opened', 'won', 'lost')),
    opened_at timestamptz not null,
    updated_at timestamptz not null
);
create index disputes_by_payment on payments.disputes (payment_id);
create index disputes_by_order on payments.disputes (order_id);

-- What reconciliation found, each thing once.
create table payments.differences (
    id uuid primary key,
    kind text not null check (kind in ('behind', 'mismatched', 'unknown_here', 'unknown_there', 'refunds')),
    -- The provider's id of what it is about.
    subject text not null,
    order_id uuid,
    detail text not null,
    outcome text not null check (outcome in ('repaired', 'flagged')),
    found_at timestamptz not null,
    seen_at timestamptz not null,
    unique (kind, subject)
);
create index differences_by_time on payments.differences (id desc) where outcome = 'flagged';

-- The last run of each kind of reconciliation.
create table payments.reconciliations (
    scope text primary key check (scope in ('open', 'recent')),
    started_at timestamptz not null,
    -- Nothing while it is at it, or when it could not end.
    finished_at timestamptz,
    checked int not null,
    repaired int not null,
    flagged int not null
);

-- What must never be: always empty.
create view payments.integrity as
select v.rule, 'payment ' || p.id as subject, v.stands, v.expected
from payments.payments p
join (
    select payment_id, sum(amount) as refunded from payments.refunds where status <> 'failed' group by payment_id
) r on r.payment_id = p.id
cross join lateral (values
    ('no more is refunded than was paid', r.refunded <= p.amount, r.refunded::text, 'at most ' || p.amount),
    ('only what was paid is refunded', p.status in ('succeeded', 'refunded'), p.status, 'succeeded or refunded')
) v (rule, holds, stands, expected)
where not v.holds;

-- Events are worked on by intent: whoever claims one's events has the intent to himself until then.
alter table payments.inbox add column claimed_until timestamptz;
create index inbox_by_intent on payments.inbox (intent_id) where worked_at is null;
-- The events of one intent, newest first, for people.
create index inbox_of_intent on payments.inbox (intent_id, received_at);

-- Stores an event with the job that works on it, unless it is there already; false then.
create function payments.receive(
    p_event text, p_kind text, p_intent text, p_payload text, p_job jsonb, p_now timestamptz
) returns boolean language plpgsql as $$
begin
    insert into payments.inbox (event_id, kind, intent_id, payload, received_at, worked_at)
    values (p_event, p_kind, p_intent, p_payload::jsonb, p_now, case when p_job is null then p_now end)
    on conflict do nothing;
    if not found then
        return false;
    end if;
    if p_job is not null then
        perform platform.enqueue(p_job, p_now);
    end if;
    return true;
end $$;

-- Claims the events of an intent that wait, all of them; none while somebody else is at the intent.
create function payments.claim_events(
    p_intent text, p_now timestamptz, p_until timestamptz
) returns table (event_id text, kind text) language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('inbox ' || p_intent, 0));
    if exists (
        select from payments.inbox i where i.intent_id = p_intent and i.worked_at is null and i.claimed_until > p_now
    ) then
        return;
    end if;
    return query
    update payments.inbox i set claimed_until = p_until
    where i.intent_id = p_intent and i.worked_at is null
    returning i.event_id, i.kind;
end $$;
