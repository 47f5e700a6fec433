-- Writes orders that come at the same moment, each with its lines, the beginning of its timeline and its event; those
-- whose customer has too much that waits for its money are refused. What belongs to an order stands at the same place of
-- each array; `p_of` says which order a line belongs to, counted from 1. A customer has one order in a call, at most.
--
-- Returns for each order its number; or, refused, the product of which there would be too many, with how many wait for
-- their money already; or neither: there are too many orders.
--
-- In columns, because taking JSON apart cost a quarter of the call. One plan serves whatever the tables hold: `offset 0`
-- keeps each look-up to its own index.
create function orders.place_all(
    p_ids uuid[], p_users uuid[], p_methods text[], p_carts uuid[], p_revisions bigint[],
    p_nets bigint[], p_vats bigint[], p_grosses bigint[], p_shipping jsonb[], p_billing jsonb[], p_notes text[],
    p_holds timestamptz[], p_due timestamptz[], p_at timestamptz[],
    p_of int[], p_positions int[], p_products uuid[], p_codes text[], p_names text[], p_sizes text[], p_images text[],
    p_quantities int[], p_prices bigint[], p_rates int[],
    p_timeline uuid[], p_event text, p_messages uuid[], p_aggregates text[], p_payloads jsonb[],
    p_most_orders int, p_most_units int[]
) returns table (id uuid, number text, product_id uuid, unpaid bigint)
language plpgsql set enable_seqscan = off as $$
#variable_conflict use_column
declare
    v_refused bigint[];
    v_products uuid[];
    v_unpaid bigint[];
begin
    perform pg_advisory_xact_lock(l.key)
    from (select hashtextextended('orders ' || u, 0) as key from unnest(p_users) u order by 1) l;
    with waiting as materialized (
        select a.nth, o.id from unnest(p_users, p_methods) with ordinality a (user_id, method, nth) cross join lateral (
            select o.id from orders.orders o
            where o.user_id = a.user_id and o.status = 'pending_payment' and o.payment_method <> 'bank_transfer'
            offset 0
        ) o where a.method <> 'bank_transfer'
    ), units as (
        select w.nth, l.product_id, sum(l.quantity) as quantity from waiting w cross join lateral (
            select l.product_id, l.quantity from orders.order_lines l where l.order_id = w.id offset 0
        ) l group by w.nth, l.product_id
    ), refused as (
        select w.nth, null::uuid as product_id, null::bigint as unpaid
        from waiting w group by w.nth having count(*) >= p_most_orders
        union all
        select l.nth, l.product_id, coalesce(u.quantity, 0)
        from unnest(p_of, p_products, p_quantities) l (nth, product_id, quantity)
        left join units u on u.nth = l.nth and u.product_id = l.product_id
        where p_methods[l.nth] <> 'bank_transfer' and coalesce(u.quantity, 0) + l.quantity > p_most_units[l.nth]
    ), once as (
        select distinct on (r.nth) r.nth, r.product_id, r.unpaid from refused r order by r.nth, r.product_id nulls first
    )
    select coalesce(array_agg(o.nth), '{}'), array_agg(o.product_id), array_agg(o.unpaid)
    into v_refused, v_products, v_unpaid from once o;

    return query
    insert into orders.orders (
        id, number, user_id, status, payment_status, payment_method, cart_id, cart_revision, net, vat, gross,
        shipping_address, billing_address, notes, hold_until, created_at, updated_at, due_at
    )
    select o.id, orders.next_number(o.at), o.user_id, 'pending_payment', 'requires_payment_method', o.method, o.cart_id,
           o.cart_revision, o.net, o.vat, o.gross, o.shipping, o.billing, o.notes, o.hold_until, o.at, o.at, o.due_at
    from unnest(
        p_ids, p_users, p_methods, p_carts, p_revisions, p_nets, p_vats, p_grosses, p_shipping, p_billing, p_notes,
        p_holds, p_due, p_at
    ) with ordinality o (
        id, user_id, method, cart_id, cart_revision, net, vat, gross, shipping, billing, notes, hold_until, due_at, at,
        nth
    )
    where o.nth <> all (v_refused)
    returning id, number, null::uuid, null::bigint;
    insert into orders.order_lines (
        order_id, position, product_id, code, name, size, image_url, quantity, unit_price, line_total, vat_basis_points
    )
    select p_ids[l.nth], l.position, l.product_id, l.code, l.name, l.size, l.image_url, l.quantity, l.price,
           l.quantity * l.price, l.rate
    from unnest(p_of, p_positions, p_products, p_codes, p_names, p_sizes, p_images, p_quantities, p_prices, p_rates)
        l (nth, position, product_id, code, name, size, image_url, quantity, price, rate)
    where l.nth <> all (v_refused);
    insert into orders.order_events (id, order_id, kind, at)
    select e.id, e.order_id, 'placed', e.at
    from unnest(p_timeline, p_ids, p_at) with ordinality e (id, order_id, at, nth) where e.nth <> all (v_refused);
    perform platform.publish_all(
        p_event, array_agg(m.id), array_agg(m.aggregate), array_agg(m.payload), array_agg(m.at))
    from unnest(p_messages, p_aggregates, p_payloads, p_at) with ordinality m (id, aggregate, payload, at, nth)
    where m.nth <> all (v_refused);

    return query
    select p_ids[r.nth], null::text, r.product_id, r.unpaid
    from unnest(v_refused, v_products, v_unpaid) r (nth, product_id, unpaid);
end $$;
