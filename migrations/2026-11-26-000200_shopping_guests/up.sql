-- Somebody who is not signed in, known by a secret that we made. Only its hash is here.
create table shopping.guests (
    id uuid primary key,
    token_hash bytea not null unique check (length(token_hash) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    -- Whose account took over what she had: once, and for good.
    migrated_to uuid,
    migrated_items int check (migrated_items >= 0),
    migrated_favorites int check (migrated_favorites >= 0),
    check ((migrated_to is null) = (migrated_items is null)),
    check ((migrated_to is null) = (migrated_favorites is null))
);
create index guests_expired on shopping.guests (expires_at);

-- A cart is a customer's or a guest's.
alter table shopping.carts
    alter column user_id drop not null,
    add column guest_id uuid unique references shopping.guests on delete cascade,
    -- When it was told that it had been left alone since its last change.
    add column left_alone_at timestamptz,
    -- The day of updated_at, in UTC. The index goes by it: a change within a day leaves every indexed column as it is, and
    -- PostgreSQL need not write into the indexes of the cart's row (HOT).
    add column touched_on date not null default (now() at time zone 'UTC')::date,
    add check ((user_id is null) <> (guest_id is null));
update shopping.carts set touched_on = (updated_at at time zone 'UTC')::date;
create index carts_left_alone on shopping.carts (touched_on) where left_alone_at is null;

create table shopping.favorites (
    id uuid primary key,
    user_id uuid,
    guest_id uuid references shopping.guests on delete cascade,
    product_id uuid not null,
    added_at timestamptz not null,
    check ((user_id is null) <> (guest_id is null)),
    unique (user_id, product_id),
    unique (guest_id, product_id)
);
-- The newest first.
create index favorites_of_user on shopping.favorites (user_id, id) where user_id is not null;
create index favorites_of_guest on shopping.favorites (guest_id, id) where guest_id is not null;
