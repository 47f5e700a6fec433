create schema users;

create table users.users (
    id uuid primary key,
    phone text not null check (phone ~ '^\+[1-9][0-9]{7,14}$'),
    user_type text not null check (user_type in ('individual', 'corporate')),
    first_name text not null check (first_name <> ''),
    last_name text not null check (last_name <> ''),
    email text not null check (email <> ''),
    language text not null check (language in ('tr', 'en', 'pl')),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint users_phone_type unique (phone, user_type)
);

create table users.addresses (
    id uuid primary key,
    user_id uuid not null references users.users,
    title text not null check (title <> ''),
    recipient text check (recipient <> ''),
    street text not null check (street <> ''),
    city text not null check (city <> ''),
    postal_code text not null check (postal_code <> ''),
    country text not null check (country ~ '^[A-Z]{2}$'),
    is_default_delivery boolean not null,
    is_default_billing boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index addresses_of_user on users.addresses (user_id, id);
create unique index addresses_default_delivery on users.addresses (user_id) where is_default_delivery;
create unique index addresses_default_billing on users.addresses (user_id) where is_default_billing;

-- Append-only: what was agreed to or taken back, when, and which text was shown.
create table users.consents (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users.users,
    kind text not null check (kind in ('terms', 'privacy', 'marketing')),
    granted boolean not null,
    text_version text not null check (text_version <> ''),
    at timestamptz not null
);
create index consents_of_user on users.consents (user_id, kind, at);

create function users.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end
$$;
create trigger consents_append_only before update or delete on users.consents
    for each row execute function users.refuse_change();
