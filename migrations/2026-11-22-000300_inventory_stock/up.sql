create schema inventory;

create table inventory.stock (
    sku_id uuid primary key,
    on_hand int not null check (on_hand >= 0),
    reserved int not null default 0,
    version bigint not null,
    updated_at timestamptz not null,
    check (reserved between 0 and on_hand)
) with (fillfactor = 50);

create table inventory.reservations (
    id uuid primary key,
    order_id uuid not null unique,
    state text not null check (state in ('held', 'committed', 'released', 'expired')),
    -- Until the order is known to exist this is a minute away; afterwards it is the order's own deadline.
    expires_at timestamptz not null,
    created_at timestamptz not null,
    settled_at timestamptz,
    check ((state = 'held') = (settled_at is null))
);
create index reservations_held on inventory.reservations (expires_at) where state = 'held';

create table inventory.reservation_lines (
    reservation_id uuid not null references inventory.reservations on delete cascade,
    sku_id uuid not null references inventory.stock,
    quantity int not null check (quantity > 0),
    primary key (reservation_id, sku_id)
);
create index reservation_lines_sku on inventory.reservation_lines (sku_id);

-- Append-only: one movement a version, a chain without gaps.
create table inventory.stock_movements (
    sku_id uuid not null references inventory.stock,
    version bigint not null,
    kind text not null check (kind in ('receive', 'adjust', 'writeoff', 'reserve', 'commit', 'release', 'expire')),
    d_on_hand int not null,
    d_reserved int not null,
    on_hand_after int not null,
    reserved_after int not null,
    reservation_id uuid references inventory.reservations,
    actor text not null,
    reason text,
    at timestamptz not null,
    primary key (sku_id, version)
);
create index stock_movements_reservation on inventory.stock_movements (reservation_id) where reservation_id is not null;
