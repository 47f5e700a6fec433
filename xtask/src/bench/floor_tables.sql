-- The same kinds of rows as the shop writes, without the shop.
drop table if exists item, placed, line, outbox;
create table item (
    id int primary key,
    code text not null unique,
    name text not null,
    price bigint not null,
    stock int not null
) with (fillfactor = 50);
insert into item select n, 'code ' || n, repeat('name ', 8), 1000 + n, 1000000 from generate_series(1, 1000) n;
create table placed (
    id uuid primary key,
    customer uuid not null,
    total bigint not null,
    address jsonb not null,
    created_at timestamptz not null
);
create index on placed (customer, created_at);
create table line (
    order_id uuid not null references placed,
    position int not null,
    item_id int not null,
    name text not null,
    quantity int not null,
    price bigint not null,
    primary key (order_id, position)
);
create table outbox (
    id uuid primary key,
    name text not null,
    payload jsonb not null,
    occurred_at timestamptz not null
);
analyze item;
