-- Raised by every change that people make; a change says which it was made from.
alter table catalog.categories
    add column version int not null default 1,
    add column thumbnail_url text;

-- Two prices, or two rates, at once would charge at random.
create extension btree_gist with schema catalog;
alter table catalog.product_prices add constraint product_prices_one_at_a_time exclude using gist (
    product_id with =, user_type with =, tstzrange(valid_from, valid_to) with &&
);
alter table catalog.product_vat_rates add constraint product_vat_rates_one_at_a_time exclude using gist (
    product_id with =, tstzrange(valid_from, valid_to) with &&
);

-- Files of products that were taken over.
create table catalog.imports (
    id uuid primary key,
    rows int not null,
    created int not null,
    changed int not null,
    imported_at timestamptz not null,
    imported_by uuid not null,
    undone_at timestamptz,
    undone_by uuid
);

-- What an import did to each product, for as long as it can be undone.
create table catalog.import_changes (
    import_id uuid not null references catalog.imports on delete cascade,
    product_id uuid not null references catalog.products on delete cascade,
    -- As it was written down before; null: it was not there.
    before jsonb,
    -- As the import left it.
    version int not null,
    primary key (import_id, product_id)
);
create index import_changes_of_product on catalog.import_changes (product_id);
