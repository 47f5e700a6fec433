alter table orders.orders
    -- The attempt that counts: the last one begun, or the one that paid.
    add column payment_id uuid,
    -- How much of its money has gone back, and by which word of payment's that is known; nothing before the first.
    add column refunded bigint not null default 0 check (refunded >= 0),
    add column refund_revision int,
    -- How a dispute about it stands, and where the order stood before.
    add column dispute text check (dispute in ('opened', 'won', 'lost')),
    add column disputed_from text;
