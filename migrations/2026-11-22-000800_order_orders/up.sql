create schema orders;

create sequence orders.order_numbers;

create table orders.orders (
    id uuid primary key,
    number text not null unique,
    user_id uuid not null,
    status text not null check (status in (
        'pending_payment', 'paid', 'preparing', 'shipped', 'delivered', 'expired', 'cancelled',
        'partially_refunded', 'refunded', 'disputed', 'review')),
    payment_status text not null check (payment_status in (
        'creating', 'requires_payment_method', 'requires_action', 'processing', 'failed', 'canceled',
        'succeeded', 'refunded')),
    payment_method text not null check (payment_method in ('card', 'blik', 'p24', 'bank_transfer')),
    -- The cart as it stood: one state of a cart becomes one order, whatever keys the requests carry.
    cart_id uuid not null,
    cart_revision bigint not null,
    net bigint not null,
    vat bigint not null,
    gross bigint not null check (gross >= 0),
    shipping_address jsonb not null,
    billing_address jsonb not null,
    notes text,
    hold_until timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    paid_at timestamptz,
    due_at timestamptz,
    cancelled_at timestamptz,
    cancel_reason text,
    tracking_number text unique,
    carrier text,
    check (net + vat = gross)
);
create index orders_by_user on orders.orders (user_id, id);
create unique index orders_one_per_cart on orders.orders (cart_id, cart_revision)
    where status not in ('expired', 'cancelled');

-- What was bought, frozen: names, prices and rates do not follow the catalogue.
create table orders.order_lines (
    order_id uuid not null references orders.orders on delete cascade,
    position int not null check (position > 0),
    product_id uuid not null,
    code text not null,
    name text not null,
    size text not null,
    image_url text,
    quantity int not null check (quantity > 0),
    unit_price bigint not null check (unit_price >= 0),
    line_total bigint not null,
    vat_basis_points int not null check (vat_basis_points in (0, 500, 800, 2300)),
    primary key (order_id, position),
    check (line_total = unit_price * quantity)
);

-- The order's timeline, append-only.
create table orders.order_events (
    id uuid primary key,
    order_id uuid not null references orders.orders on delete cascade,
    kind text not null,
    detail text,
    at timestamptz not null
);
create index order_events_by_order on orders.order_events (order_id, at, id);
