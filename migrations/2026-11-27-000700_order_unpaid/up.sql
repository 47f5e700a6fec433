-- What a customer has put aside without paying: exactly what is asked for, so that no other index answers it as well.
drop index orders.orders_unpaid;
create index orders_unpaid on orders.orders (user_id)
    where status = 'pending_payment' and payment_method <> 'bank_transfer';

-- As before, but for how what is unpaid is found: by its index, and by the orders' ids, whatever the tables held when
-- this connection made its plan. Planned on a nearly empty table, it read every waiting order of the shop.
create or replace function orders.place(
    p_order jsonb, p_lines jsonb, p_timeline jsonb, p_message jsonb, p_most_orders int, p_most_units int
) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
    v_order orders.orders := jsonb_populate_record(null::orders.orders, p_order);
    v_unpaid uuid[];
    v_over record;
begin
    if v_order.payment_method <> 'bank_transfer' then
        perform pg_advisory_xact_lock(hashtextextended('orders ' || v_order.user_id, 0));
        v_unpaid := array(
            select o.id from orders.orders o
            where o.user_id = v_order.user_id and o.status = 'pending_payment' and o.payment_method <> 'bank_transfer'
        );
        if cardinality(v_unpaid) >= p_most_orders then
            return jsonb_build_object('state', 'orders');
        end if;
        select w.product_id, coalesce(u.quantity, 0) as unpaid into v_over
        from jsonb_populate_recordset(null::orders.order_lines, p_lines) w
        left join (
            select l.product_id, sum(l.quantity) as quantity from orders.order_lines l
            where l.order_id = any (v_unpaid) group by l.product_id
        ) u using (product_id)
        where coalesce(u.quantity, 0) + w.quantity > p_most_units
        limit 1;
        if found then
            return jsonb_build_object('state', 'units', 'product', v_over.product_id, 'unpaid', v_over.unpaid);
        end if;
    end if;
    v_order.number := orders.next_number(v_order.created_at);
    v_order.hold_extensions := 0;
    insert into orders.orders select v_order.*;
    insert into orders.order_lines select l.* from jsonb_populate_recordset(null::orders.order_lines, p_lines) l;
    insert into orders.order_events select e.* from jsonb_populate_recordset(null::orders.order_events, p_timeline) e;
    perform platform.publish(p_message, v_order.created_at);
    return jsonb_build_object('state', 'placed', 'number', v_order.number);
end $$;
