create schema catalog;

create table catalog.categories (
    id uuid primary key,
    slug text not null unique,
    position int not null,
    image_url text,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create table catalog.category_translations (
    category_id uuid not null references catalog.categories on delete cascade,
    language text not null check (language in ('tr', 'en', 'pl')),
    name text not null check (name <> ''),
    primary key (category_id, language)
);

create table catalog.products (
    id uuid primary key,
    code text not null unique,
    slug text not null unique,
    category_id uuid not null references catalog.categories,
    brand text not null,
    size text not null,
    image_url text,
    quantity_per_box int not null check (quantity_per_box > 0),
    active boolean not null default true,
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index products_by_category on catalog.products (category_id, id) where active;

create table catalog.product_translations (
    product_id uuid not null references catalog.products on delete cascade,
    language text not null check (language in ('tr', 'en', 'pl')),
    name text not null check (name <> ''),
    primary key (product_id, language)
);

-- What a type of customer pays and must take at least; the open row (valid_to is null) is today's.
create table catalog.product_prices (
    product_id uuid not null references catalog.products on delete cascade,
    user_type text not null check (user_type in ('individual', 'corporate')),
    gross_amount bigint not null check (gross_amount >= 0),
    min_quantity int not null check (min_quantity > 0),
    valid_from timestamptz not null,
    valid_to timestamptz check (valid_to > valid_from),
    primary key (product_id, user_type, valid_from)
);
create unique index product_prices_open on catalog.product_prices (product_id, user_type) where valid_to is null;

create table catalog.product_vat_rates (
    product_id uuid not null references catalog.products on delete cascade,
    basis_points int not null check (basis_points in (0, 500, 800, 2300)),
    valid_from timestamptz not null,
    valid_to timestamptz check (valid_to > valid_from),
    primary key (product_id, valid_from)
);
create unique index product_vat_rates_open on catalog.product_vat_rates (product_id) where valid_to is null;
