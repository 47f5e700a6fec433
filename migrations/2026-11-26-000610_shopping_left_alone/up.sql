-- The index goes by the day: a change within it leaves every indexed column as it is, and PostgreSQL need not write into
-- the indexes of the cart's row (HOT). Not a generated column: that would be computed anew by every statement.
drop index shopping.carts_left_alone;
alter table shopping.carts add column touched_on date not null default (now() at time zone 'UTC')::date;
update shopping.carts set touched_on = (updated_at at time zone 'UTC')::date;
create index carts_left_alone on shopping.carts (touched_on) where left_alone_at is null;
