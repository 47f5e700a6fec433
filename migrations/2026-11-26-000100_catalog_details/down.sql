create index products_by_category on catalog.products (category_id, id) where active;
drop index catalog.product_vat_rates_to;
drop index catalog.product_vat_rates_from;
drop index catalog.product_prices_to;
drop index catalog.product_prices_from;
drop table catalog.sales;
alter table catalog.products add column image_url text;
update catalog.products p set image_url = (
    select i.url from catalog.product_images i where i.product_id = p.id order by i.position, i.id limit 1
);
drop table catalog.product_images;
alter table catalog.product_translations drop column storage, drop column description;
alter table catalog.products
    drop column units_sold,
    drop column in_stock,
    drop column nutrition,
    drop column allergens,
    drop column badges,
    drop column origin_country,
    drop column manufacturer;
