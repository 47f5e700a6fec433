-- Orders that come at the same moment are written by one call. What belongs to an order stands at the same place of each
-- array. Returns what `orders.place` would return for each, in an array: none goes beyond its customer's limits, and all
-- are written at once; or they are written one after the other. A customer has one order in a call, at most.
create function orders.place_many(
    p_orders jsonb, p_lines jsonb, p_timelines jsonb, p_messages jsonb, p_most_orders int, p_most_units int[]
) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
    v_over boolean;
    v_orders jsonb;
    v_answers jsonb := '[]';
begin
    perform pg_advisory_xact_lock(l.key)
    from (select hashtextextended('orders ' || (o ->> 'user_id'), 0) as key from jsonb_array_elements(p_orders) o
          order by 1) l;
    -- In one look for all of them: what each customer has not paid, and what the order would add to it. `offset 0`
    -- keeps each look-up to its own index, whatever the tables held when the plan was made: joined, it could read all
    -- that waits in the shop.
    with asked as materialized (
        select nth, (o ->> 'user_id')::uuid as user_id
        from jsonb_array_elements(p_orders) with ordinality a (o, nth) where o ->> 'payment_method' <> 'bank_transfer'
    ), unpaid as materialized (
        select a.nth, o.id from asked a, lateral (
            select o.id from orders.orders o
            where o.user_id = a.user_id and o.status = 'pending_payment' and o.payment_method <> 'bank_transfer'
            offset 0
        ) o
    ), units as (
        select a.nth, (l ->> 'product_id')::uuid as product_id, (l ->> 'quantity')::bigint as quantity
        from asked a, jsonb_array_elements(p_lines -> (a.nth - 1)::int) l
        union all
        select u.nth, l.product_id, l.quantity from unpaid u, lateral (
            select l.product_id, l.quantity from orders.order_lines l where l.order_id = u.id offset 0
        ) l
    )
    select exists (select from unpaid group by nth having count(*) >= p_most_orders)
        or exists (select from units group by nth, product_id having sum(quantity) > p_most_units[nth]) into v_over;
    if v_over then
        for v_nth in 0 .. jsonb_array_length(p_orders) - 1 loop
            v_answers := v_answers || orders.place(
                p_orders -> v_nth, p_lines -> v_nth, p_timelines -> v_nth, p_messages -> v_nth, p_most_orders,
                p_most_units[v_nth + 1]);
        end loop;
        return v_answers;
    end if;
    select jsonb_agg(o || jsonb_build_object(
        'number', orders.next_number((o ->> 'created_at')::timestamptz), 'hold_extensions', 0)) into v_orders
    from jsonb_array_elements(p_orders) o;
    insert into orders.orders select o.* from jsonb_populate_recordset(null::orders.orders, v_orders) o;
    insert into orders.order_lines
    select l.* from jsonb_array_elements(p_lines) a, jsonb_populate_recordset(null::orders.order_lines, a) l;
    insert into orders.order_events
    select e.* from jsonb_array_elements(p_timelines) a, jsonb_populate_recordset(null::orders.order_events, a) e;
    perform platform.publish(p_messages -> n, (o ->> 'created_at')::timestamptz)
    from jsonb_array_elements(v_orders) with ordinality a (o, nth), lateral (select (nth - 1)::int as n) i;
    select jsonb_agg(jsonb_build_object('state', 'placed', 'number', o ->> 'number') order by nth) into v_answers
    from jsonb_array_elements(v_orders) with ordinality a (o, nth);
    return v_answers;
end $$;
