-- Adds what is not there yet; a row that exists belongs to the shop by now and is left alone.
insert into catalog.categories (id, slug, position, created_at, updated_at)
select id, slug, position, timestamptz '2026-01-01 00:00:00Z', timestamptz '2026-01-01 00:00:00Z'
from seed_categories
on conflict do nothing;

insert into catalog.category_translations (category_id, language, name)
select c.id, names.language, names.name
from seed_categories s
join catalog.categories c on c.id = s.id
cross join lateral (values ('tr', s.name_tr), ('en', s.name_en), ('pl', s.name_pl)) names (language, name)
on conflict do nothing;

analyze seed_products;

create temp table seed_new on commit drop as
select s.*, c.id as category_id, timestamptz '2026-01-01 00:00:00Z' + s.number * interval '1 millisecond' as at
from seed_products s
join catalog.categories c on c.slug = s.category
where not exists (select from catalog.products p where p.code = s.code)
  and not exists (select from catalog.products p where p.slug = s.slug)
  and not exists (select from catalog.products p where p.id = s.id);

analyze seed_new;

insert into catalog.products
    (id, code, slug, category_id, brand, size, quantity_per_box, badges, in_stock, stock_version, created_at, updated_at)
select id, code, slug, category_id, brand, size, quantity_per_box, coalesce(string_to_array(nullif(badges, ''), '|'), '{}'), stock > 0, 1,
       at, at
from seed_new
order by number;

insert into catalog.product_translations (product_id, language, name)
select s.id, names.language, names.name
from seed_new s
cross join lateral (values ('tr', s.name_tr), ('en', s.name_en), ('pl', s.name_pl)) names (language, name);

-- Good from the first moment of the seed, whatever the number of the row.
insert into catalog.product_prices (product_id, user_type, gross_amount, min_quantity, valid_from)
select s.id, prices.user_type, prices.gross_amount, prices.min_quantity, timestamptz '2026-01-01 00:00:00Z'
from seed_new s
cross join lateral (values
    ('individual', s.consumer_gross, s.min_consumer),
    ('corporate', s.corporate_gross, s.min_corporate)
) prices (user_type, gross_amount, min_quantity);

insert into catalog.product_vat_rates (product_id, basis_points, valid_from)
select id, vat_basis_points, timestamptz '2026-01-01 00:00:00Z'
from seed_new;

insert into inventory.stock (sku_id, on_hand, reserved, version, updated_at)
select id, stock, 0, 1, at
from seed_new;

-- Catalog was told above whether any can be had; messages about it would say nothing new.
delete from platform.outbox o using seed_new s
where o.name = 'inventory.availability_turned.v1' and o.aggregate = s.id::text;

-- The first link of the chain that inventory continues.
insert into inventory.stock_movements
    (sku_id, version, kind, d_on_hand, d_reserved, on_hand_after, reserved_after, actor, reason, at)
select id, 1, 'receive', stock, 0, stock, 0, 'seed', 'opening stock', at
from seed_new;
