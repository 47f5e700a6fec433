-- Puts units of a product into a cart that has been begun, and answers its lines; nothing when there is no such cart or
-- when it cannot be: then whoever asks looks closely and says why. One statement for what is done most: the cart's row
-- is the lock, so that no addition is lost however many come at once.
create function shopping.add_to_cart(
    p_user uuid, p_guest uuid, p_item uuid, p_product uuid, p_quantity int, p_least int, p_most int, p_lines int,
    p_price bigint, p_now timestamptz
)
returns setof shopping.cart_items language plpgsql as $$
declare
    v_cart uuid;
    v_lines int;
    v_sum int;
begin
    if p_user is not null then
        select c.id into v_cart from shopping.carts c where c.user_id = p_user for no key update;
    else
        select c.id into v_cart
        from shopping.guests g join shopping.carts c on c.guest_id = g.id
        where g.id = p_guest and g.migrated_to is null and g.expires_at > p_now
        for no key update of c for share of g;
    end if;
    if v_cart is null then
        return;
    end if;
    select count(*) filter (where i.product_id <> p_product),
           coalesce(sum(i.quantity) filter (where i.product_id = p_product), 0) + p_quantity
    into v_lines, v_sum
    from shopping.cart_items i where i.cart_id = v_cart;
    if v_sum not between p_least and p_most or v_lines >= p_lines then
        return;
    end if;
    insert into shopping.cart_items as i (id, cart_id, product_id, quantity, price_seen, added_at)
    values (p_item, v_cart, p_product, v_sum, p_price, p_now)
    on conflict (cart_id, product_id) do update set quantity = excluded.quantity, price_seen = excluded.price_seen;
    update shopping.carts c set revision = c.revision + 1, updated_at = p_now, left_alone_at = null where c.id = v_cart;
    return query select i.* from shopping.cart_items i where i.cart_id = v_cart order by i.added_at, i.id;
end $$;
