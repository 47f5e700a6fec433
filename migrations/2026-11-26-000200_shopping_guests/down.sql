drop table shopping.favorites;
drop index shopping.carts_left_alone;
-- Without guests nobody owns their carts.
delete from shopping.carts where user_id is null;
alter table shopping.carts drop constraint carts_check;
alter table shopping.carts
    drop column touched_on,
    drop column left_alone_at,
    drop column guest_id,
    alter column user_id set not null;
drop table shopping.guests;
