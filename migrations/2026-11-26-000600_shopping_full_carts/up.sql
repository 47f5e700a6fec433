-- A cart has a hundred lines at most, however many additions meet: whoever puts one in holds the cart's row, so that all
-- lines there are can be counted.
create function shopping.refuse_line_of_full_cart() returns trigger language plpgsql as $$
begin
    if (select count(*) from shopping.cart_items i where i.cart_id = new.cart_id) > 100 then
        raise exception 'the cart is full' using errcode = 'check_violation', constraint = 'cart_items_at_most';
    end if;
    return null;
end $$;
create trigger refuse_line_of_full_cart after insert on shopping.cart_items
    for each row execute function shopping.refuse_line_of_full_cart();
