drop index shopping.carts_left_alone;
alter table shopping.carts drop column touched_on;
create index carts_left_alone on shopping.carts (updated_at) where left_alone_at is null;
