-- Everything that a product's page tells, beside its name and price.
alter table catalog.products
    add column manufacturer text not null default '',
    -- ISO 3166-1 alpha-2.
    add column origin_country text check (origin_country ~ '^[A-Z]{2}$'),
    add column badges text[] not null default '{}' check (badges <@ array[
        'new', 'bestseller', 'sale', 'organic', 'halal', 'vegan', 'vegetarian', 'gluten_free', 'lactose_free',
        'sugar_free', 'spicy', 'frozen'
    ]),
    -- The substances of Annex II of Regulation (EU) No 1169/2011.
    add column allergens text[] not null default '{}' check (allergens <@ array[
        'gluten', 'crustaceans', 'eggs', 'fish', 'peanuts', 'soybeans', 'milk', 'nuts', 'celery', 'mustard', 'sesame',
        'sulphites', 'lupin', 'molluscs'
    ]),
    -- Whole numbers per 100 g or 100 ml, each in the unit its name ends with; null when it is not known.
    add column nutrition jsonb check (jsonb_typeof(nutrition) = 'object'),
    -- Whether any can be had: what the filter goes by. The number itself is inventory's.
    add column in_stock boolean not null default false,
    -- Units sold so far: what "bestselling" sorts by.
    add column units_sold bigint not null default 0 check (units_sold >= 0);

alter table catalog.product_translations
    add column description text not null default '',
    add column storage text not null default '';

create table catalog.product_images (
    id uuid primary key,
    product_id uuid not null references catalog.products on delete cascade,
    position int not null check (position >= 0),
    url text not null check (url <> ''),
    thumbnail_url text not null check (thumbnail_url <> ''),
    created_at timestamptz not null
);
create index product_images_of_product on catalog.product_images (product_id, position, id);

-- A product's picture is the first of its images.
insert into catalog.product_images (id, product_id, position, url, thumbnail_url, created_at)
select gen_random_uuid(), id, 0, image_url, image_url, updated_at from catalog.products where image_url <> '';
alter table catalog.products drop column image_url;

-- What was sold since it was last added to products.units_sold: an order must not wait for a product's row.
create table catalog.sales (
    product_id uuid primary key references catalog.products on delete cascade,
    units bigint not null check (units > 0)
);

-- Prices and rates that begin or end between two moments.
create index product_prices_from on catalog.product_prices (valid_from);
create index product_prices_to on catalog.product_prices (valid_to) where valid_to is not null;
create index product_vat_rates_from on catalog.product_vat_rates (valid_from);
create index product_vat_rates_to on catalog.product_vat_rates (valid_to) where valid_to is not null;

-- Lists are not read from here any more; products_of_category serves the foreign key.
drop index catalog.products_by_category;
