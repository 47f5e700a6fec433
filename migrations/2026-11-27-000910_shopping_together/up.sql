-- What is put into carts at the same moment is put in by one call: each element of `p_additions` into the cart of its
-- user or guest. No two are for the same owner. Tells the lines of every cart that was added to; of an addition that
-- nothing is told of nothing was done: there is no such cart, or something speaks against it. Carts are found by their
-- indexes, whatever the tables held when the plan was made.
create function shopping.add_to_carts(p_additions jsonb)
returns table (
    nth bigint, id uuid, product_id uuid, quantity int, price_seen bigint, added_at timestamptz, whole boolean
) language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
begin
    return query
    with additions as materialized (
        select a.nth, r.*
        from jsonb_array_elements(p_additions) with ordinality a (of, nth), jsonb_to_record(a.of) r (
            user_id uuid, guest_id uuid, item uuid, product uuid, more int, least int, most int, price bigint,
            at timestamptz
        )
    ), owned as materialized (
        select a.*, c.id as cart_id
        from (
            select a.nth, c.id from additions a join shopping.carts c on c.user_id = a.user_id
            union all
            -- A guest who migrates at this moment holds her row; afterwards it is not found.
            select a.nth, c.id from additions a, lateral (
                select g.id from shopping.guests g
                where g.id = a.guest_id and g.migrated_to is null and g.expires_at > a.at for share
            ) g join shopping.carts c on c.guest_id = g.id
        ) c join additions a on a.nth = c.nth
        order by c.id
    ), cart as materialized (
        -- What was seen of the lines when the statement began keeps the revision from being raised for nothing; what
        -- counts is what the line itself says when the cart's row is ours. The others cannot change meanwhile.
        update shopping.carts c set revision = c.revision + 1, updated_at = o.at, left_alone_at = null,
            touched_on = (o.at at time zone 'UTC')::date
        from owned o
        where c.id = o.cart_id and coalesce((
            select i.quantity from shopping.cart_items i where i.cart_id = o.cart_id and i.product_id = o.product
        ), 0) + o.more between o.least and o.most
        returning o.*, c.revision
    ), put as (
        insert into shopping.cart_items as i (id, cart_id, product_id, quantity, price_seen, added_at)
        select c.item, c.cart_id, c.product, c.more, c.price, c.at from cart c
        on conflict (cart_id, product_id)
        do update set quantity = i.quantity + excluded.quantity, price_seen = excluded.price_seen
        where i.quantity + excluded.quantity between (select c.least from cart c where c.cart_id = excluded.cart_id)
            and (select c.most from cart c where c.cart_id = excluded.cart_id)
        returning i.*
    )
    select c.nth, l.id, l.product_id, l.quantity, l.price_seen, l.added_at, c.revision = s.revision + 1
    from put p join cart c on c.cart_id = p.cart_id join shopping.carts s on s.id = c.cart_id, lateral (
        select p.id, p.product_id, p.quantity, p.price_seen, p.added_at
        union all
        select i.id, i.product_id, i.quantity, i.price_seen, i.added_at
        from shopping.cart_items i where i.cart_id = c.cart_id and i.product_id <> c.product
    ) l;
end $$;
