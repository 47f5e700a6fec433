-- One seed at a time: two would both see a product missing.
select pg_advisory_xact_lock(7367001);

create temp table seed_categories (
    id uuid,
    slug text,
    position int,
    name_tr text,
    name_en text,
    name_pl text
) on commit drop;

create temp table seed_products (
    id uuid,
    code text,
    slug text,
    category text,
    brand text,
    size text,
    name_tr text,
    name_en text,
    name_pl text,
    badges text,
    number int,
    consumer_gross bigint,
    corporate_gross bigint,
    vat_basis_points int,
    min_consumer int,
    min_corporate int,
    quantity_per_box int,
    stock int
) on commit drop;
