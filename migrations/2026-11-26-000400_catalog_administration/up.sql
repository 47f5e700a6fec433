-- Raised by every change that people make; a change says which it was made from.
alter table catalog.categories
    add column version int not null default 1,
    add column thumbnail_url text;

-- Two prices, or two rates, at once would charge at random. Not an exclusion constraint: its index would be one more to
-- write, and the planner took it for the way to today's price. Whoever writes prices writes alone (this_revision).
create function catalog.refuse_overlaps() returns trigger language plpgsql as $$
declare
    v_overlaps boolean;
begin
    if tg_table_name = 'product_prices' then
        select exists (
            select from changed n
            join catalog.product_prices o on o.product_id = n.product_id and o.user_type = n.user_type
            where o.valid_from <> n.valid_from
              and tstzrange(o.valid_from, o.valid_to) && tstzrange(n.valid_from, n.valid_to)
        ) into v_overlaps;
    else
        select exists (
            select from changed n
            join catalog.product_vat_rates o on o.product_id = n.product_id
            where o.valid_from <> n.valid_from
              and tstzrange(o.valid_from, o.valid_to) && tstzrange(n.valid_from, n.valid_to)
        ) into v_overlaps;
    end if;
    if v_overlaps then
        raise exception 'two rows of % would hold at once', tg_table_name using errcode = 'exclusion_violation';
    end if;
    return null;
end $$;
create trigger refuse_overlaps_insert after insert on catalog.product_prices
    referencing new table as changed for each statement execute function catalog.refuse_overlaps();
create trigger refuse_overlaps_update after update on catalog.product_prices
    referencing new table as changed for each statement execute function catalog.refuse_overlaps();
create trigger refuse_overlaps_insert after insert on catalog.product_vat_rates
    referencing new table as changed for each statement execute function catalog.refuse_overlaps();
create trigger refuse_overlaps_update after update on catalog.product_vat_rates
    referencing new table as changed for each statement execute function catalog.refuse_overlaps();

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
