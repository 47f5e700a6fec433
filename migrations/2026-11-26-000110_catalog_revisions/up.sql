-- Every change to the catalogue has a number, and numbers are committed in their order: an instance that knows all up to
-- n asks for what is above n, and misses nothing. Triggers do it, so that no writer can forget.
create table catalog.state (
    only_row boolean primary key default true check (only_row),
    revision bigint not null
);
insert into catalog.state (revision) values (1);

-- The number of this transaction's change. The first who asks locks the row until the end: writers of the catalogue
-- come one after the other.
create function catalog.this_revision() returns bigint language plpgsql as $$
declare
    v_known text := current_setting('catalog.revision', true);
    v_next bigint;
begin
    if v_known <> '' then
        return v_known::bigint;
    end if;
    update catalog.state set revision = revision + 1 returning revision into v_next;
    perform set_config('catalog.revision', v_next::text, true);
    return v_next;
end $$;

alter table catalog.products add column revision bigint not null default 1;
alter table catalog.categories add column revision bigint not null default 1;
create index products_revision on catalog.products (revision);

-- Products that are no more.
create table catalog.removed_products (
    product_id uuid primary key,
    revision bigint not null
);
create index removed_products_revision on catalog.removed_products (revision);

create function catalog.number_change() returns trigger language plpgsql as $$
begin
    new.revision := catalog.this_revision();
    return new;
end $$;
create trigger number_change before insert or update on catalog.products
    for each row execute function catalog.number_change();
create trigger number_change before insert or update on catalog.categories
    for each row execute function catalog.number_change();

create function catalog.number_removal() returns trigger language plpgsql as $$
begin
    insert into catalog.removed_products (product_id, revision) values (old.id, catalog.this_revision())
    on conflict (product_id) do update set revision = excluded.revision;
    return null;
end $$;
create trigger number_removal after delete on catalog.products
    for each row execute function catalog.number_removal();

create function catalog.number_removed_category() returns trigger language plpgsql as $$
begin
    perform catalog.this_revision();
    return null;
end $$;
create trigger number_removal after delete on catalog.categories
    for each row execute function catalog.number_removed_category();

-- A change to what belongs to a product is a change of the product.
create function catalog.touch_products() returns trigger language plpgsql as $$
begin
    update catalog.products p set revision = 0
    where p.id in (select product_id from changed) and p.revision <> catalog.this_revision();
    return null;
end $$;

create function catalog.touch_categories() returns trigger language plpgsql as $$
begin
    update catalog.categories c set revision = 0
    where c.id in (select category_id from changed) and c.revision <> catalog.this_revision();
    return null;
end $$;

do $$
declare
    v_table text;
    v_event text;
begin
    foreach v_event in array array['insert', 'update', 'delete'] loop
        foreach v_table in array
            array['product_translations', 'product_prices', 'product_vat_rates', 'product_images']
        loop
            execute format(
                'create trigger touch_%1$s after %1$s on catalog.%2$I referencing %3$s table as changed
                 for each statement execute function catalog.touch_products()',
                v_event, v_table, case v_event when 'delete' then 'old' else 'new' end);
        end loop;
        execute format(
            'create trigger touch_%1$s after %1$s on catalog.category_translations
             referencing %2$s table as changed for each statement execute function catalog.touch_categories()',
            v_event, case v_event when 'delete' then 'old' else 'new' end);
    end loop;
end $$;
