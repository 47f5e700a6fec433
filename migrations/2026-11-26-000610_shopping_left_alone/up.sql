-- The index goes by the day: a change within it leaves every indexed column as it is, and PostgreSQL need not write into
-- the indexes of the cart's row (HOT).
drop index shopping.carts_left_alone;
alter table shopping.carts
    add column touched_on date generated always as ((updated_at at time zone 'UTC')::date) stored;
create index carts_left_alone on shopping.carts (touched_on) where left_alone_at is null;
