drop table catalog.import_changes;
drop table catalog.imports;
alter table catalog.product_vat_rates drop constraint product_vat_rates_one_at_a_time;
alter table catalog.product_prices drop constraint product_prices_one_at_a_time;
drop extension btree_gist;
alter table catalog.categories drop column version, drop column thumbnail_url;
