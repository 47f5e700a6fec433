create schema shopping;

-- One cart a customer. Its row is the lock under which its items change; every change raises the revision.
create table shopping.carts (
    id uuid primary key,
    user_id uuid not null unique,
    revision bigint not null check (revision > 0),
    created_at timestamptz not null,
    updated_at timestamptz not null
) with (fillfactor = 80);

create table shopping.cart_items (
    id uuid primary key,
    cart_id uuid not null references shopping.carts on delete cascade,
    product_id uuid not null,
    quantity int not null check (quantity between 1 and 9999),
    -- The gross price, in grosz, when the item was last put in: a price that changed since is pointed out.
    price_seen bigint not null check (price_seen >= 0),
    added_at timestamptz not null,
    -- Its leading column also serves the foreign key.
    unique (cart_id, product_id)
) with (fillfactor = 80);
