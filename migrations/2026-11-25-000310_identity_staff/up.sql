-- Who works for the shop.
create table identity.staff (
    id uuid primary key,
    email text not null check (email <> ''),
    name text not null check (name <> ''),
    role text not null check (role in ('owner', 'manager', 'catalogue', 'fulfilment', 'finance', 'support')),
    -- argon2id, in the PHC string format.
    password_hash text not null check (password_hash like '$argon2id$%'),
    is_active boolean not null default true,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index staff_email on identity.staff (lower(email));

-- Wrong passwords in a row, of addresses with and without an account: a lock tells nothing.
create table identity.password_failures (
    email text primary key check (email = lower(email)),
    failures int not null check (failures >= 0),
    locked_until timestamptz,
    last_at timestamptz not null
);
create index password_failures_age on identity.password_failures (last_at);
