-- Writes orders that come at the same moment, each with its lines, the beginning of its timeline and its event; those
-- whose customer has too much that waits for its money are refused. What belongs to an order stands at the same place of
-- each array; `p_of` says which order a line belongs to, counted from 1. A customer has one order in a call, at most.
--
-- Returns for each order its number; or, refused, the product of which there would be too many, with how many wait for
-- their money already; or neither: there are too many orders.
--
-- In columns, because writing JSON, reading it and taking it apart cost as much as a third of the whole. One plan serves
-- whatever the tables hold: `offset 0` keeps each look-up to its own index.
create function orders.place_all(
    p_ids uuid[], p_users uuid[], p_methods text[], p_carts uuid[], p_revisions bigint[],
    p_nets bigint[], p_vats bigint[], p_grosses bigint[], p_shipping jsonb[], p_billing jsonb[], p_notes text[],
    p_holds timestamptz[], p_due timestamptz[], p_at timestamptz[],
    p_of int[], p_positions int[], p_products uuid[], p_codes text[], p_names text[], p_sizes text[], p_images text[],
    p_quantities int[], p_prices bigint[], p_rates int[],
    p_timeline uuid[], p_event text, p_messages uuid[], p_aggregates text[], p_payloads jsonb[],
    p_most_orders int, p_most_units int[]
) returns table (nth bigint, number text, product_id uuid, unpaid bigint)
language plpgsql set enable_seqscan = off as $$
#variable_conflict use_column
begin
    perform pg_advisory_xact_lock(l.key)
    from (select hashtextextended('orders ' || u, 0) as key from unnest(p_users) u order by 1) l;
    return query
    with asked as materialized (
        select a.* from unnest(
            p_ids, p_users, p_methods, p_carts, p_revisions, p_nets, p_vats, p_grosses, p_shipping, p_billing, p_notes,
            p_holds, p_due, p_at, p_timeline, p_messages, p_aggregates, p_payloads, p_most_units
        ) with ordinality a (
            id, user_id, method, cart_id, cart_revision, net, vat, gross, shipping, billing, notes,
            hold_until, due_at, at, timeline, message, aggregate, payload, most_units, nth
        )
    ), wanted as materialized (
        select l.* from unnest(
            p_of, p_positions, p_products, p_codes, p_names, p_sizes, p_images, p_quantities, p_prices, p_rates
        ) l (nth, position, product_id, code, name, size, image_url, quantity, price, rate)
    ), waiting as materialized (
        select a.nth, o.id from asked a cross join lateral (
            select o.id from orders.orders o
            where o.user_id = a.user_id and o.status = 'pending_payment' and o.payment_method <> 'bank_transfer'
            offset 0
        ) o where a.method <> 'bank_transfer'
    ), units as (
        select w.nth, l.product_id, sum(l.quantity) as quantity from waiting w cross join lateral (
            select l.product_id, l.quantity from orders.order_lines l where l.order_id = w.id offset 0
        ) l group by w.nth, l.product_id
    ), refused as materialized (
        select distinct on (r.nth) r.* from (
            select w.nth, null::uuid as product_id, null::bigint as unpaid
            from waiting w group by w.nth having count(*) >= p_most_orders
            union all
            select a.nth, w.product_id, coalesce(u.quantity, 0)
            from wanted w join asked a using (nth) left join units u on u.nth = a.nth and u.product_id = w.product_id
            where a.method <> 'bank_transfer' and coalesce(u.quantity, 0) + w.quantity > a.most_units
        ) r order by r.nth, r.product_id nulls first
    ), granted as materialized (
        select a.*, orders.next_number(a.at) as number
        from asked a where not exists (select from refused r where r.nth = a.nth)
    ), written as (
        insert into orders.orders (
            id, number, user_id, status, payment_status, payment_method, cart_id, cart_revision, net, vat, gross,
            shipping_address, billing_address, notes, hold_until, created_at, updated_at, due_at
        )
        select g.id, g.number, g.user_id, 'pending_payment', 'requires_payment_method', g.method, g.cart_id,
               g.cart_revision, g.net, g.vat, g.gross, g.shipping, g.billing, g.notes, g.hold_until, g.at, g.at, g.due_at
        from granted g
        returning id
    ), lines as (
        -- From what was written: so an order comes before its lines, and one that stands already is told by its own key.
        insert into orders.order_lines (
            order_id, position, product_id, code, name, size, image_url, quantity, unit_price, line_total,
            vat_basis_points
        )
        select g.id, w.position, w.product_id, w.code, w.name, w.size, w.image_url, w.quantity, w.price,
               w.quantity * w.price, w.rate
        from written join granted g using (id) join wanted w using (nth)
    ), timeline as (
        insert into orders.order_events (id, order_id, kind, at)
        select g.timeline, g.id, 'placed', g.at from written join granted g using (id)
    ), told as materialized (
        select platform.publish_all(
            p_event, array_agg(g.message), array_agg(g.aggregate), array_agg(g.payload), array_agg(g.at))
        from granted g
    )
    select a.nth, g.number, r.product_id, r.unpaid
    from told cross join asked a left join granted g using (nth) left join refused r using (nth)
    order by a.nth;
end $$;
