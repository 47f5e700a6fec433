create or replace function inventory.reserve(
    p_reservation uuid, p_order uuid, p_skus uuid[], p_quantities int[], p_expires timestamptz, p_now timestamptz
) returns jsonb language plpgsql as $$
declare
    v_known record;
    v_short jsonb;
    v_id uuid := p_reservation;
begin
    perform from inventory.stock s where s.sku_id = any (p_skus) order by s.sku_id for update;

    select r.id, r.state into v_known from inventory.reservations r where r.order_id = p_order for update;
    if v_known.state in ('held', 'committed') then
        -- The same order asking for something else is no repetition: what is held must be given back first.
        if exists (
            (select sku, sum(quantity)::int from unnest(p_skus, p_quantities) u (sku, quantity) group by sku)
            except
            (select l.sku_id, l.quantity from inventory.reservation_lines l where l.reservation_id = v_known.id)
        ) or (select count(distinct sku) from unnest(p_skus) u (sku)) <>
             (select count(*) from inventory.reservation_lines l where l.reservation_id = v_known.id)
        then
            return jsonb_build_object('state', 'different');
        end if;
        return jsonb_build_object('state', v_known.state);
    end if;

    select jsonb_agg(jsonb_build_object(
               'sku', w.sku, 'requested', w.quantity, 'available', coalesce(s.on_hand - s.reserved, 0)
           ) order by w.sku)
    into v_short
    from (select sku, sum(quantity)::int as quantity from unnest(p_skus, p_quantities) u (sku, quantity) group by sku) w
    left join inventory.stock s on s.sku_id = w.sku
    where coalesce(s.on_hand - s.reserved, 0) < w.quantity;
    if v_short is not null then
        return jsonb_build_object('state', 'short', 'short', v_short);
    end if;

    if v_known.id is null then
        insert into inventory.reservations (id, order_id, state, expires_at, created_at)
        values (v_id, p_order, 'held', p_expires, p_now);
    else
        v_id := v_known.id;
        update inventory.reservations set state = 'held', expires_at = p_expires, settled_at = null where id = v_id;
        delete from inventory.reservation_lines where reservation_id = v_id;
    end if;

    insert into inventory.reservation_lines (reservation_id, sku_id, quantity)
    select v_id, sku, sum(quantity)::int from unnest(p_skus, p_quantities) u (sku, quantity) group by sku;
    perform inventory.move(v_id, 'reserve', 0, 1, 'order', p_now);
    return jsonb_build_object('state', 'held');
end $$;

create or replace function inventory.settle(p_order uuid, p_state text, p_now timestamptz) returns text language plpgsql as $$
declare
    v_id uuid;
    v_state text;
    v_kind text := case p_state when 'committed' then 'commit' when 'released' then 'release' else 'expire' end;
begin
    select id, state into v_id, v_state from inventory.reservations where order_id = p_order for update;
    if v_state is distinct from 'held' then
        return v_state;
    end if;
    perform from inventory.stock s join inventory.reservation_lines l using (sku_id)
    where l.reservation_id = v_id order by s.sku_id for update of s;
    update inventory.reservations set state = p_state, settled_at = p_now where id = v_id;
    perform inventory.move(v_id, v_kind, case v_kind when 'commit' then -1 else 0 end, -1, 'order', p_now);
    return p_state;
end $$;

create or replace function inventory.move(
    p_reservation uuid, p_kind text, p_on_hand int, p_reserved int, p_actor text, p_now timestamptz
) returns void language sql as $$
    with moved as (
        update inventory.stock s
        set on_hand = s.on_hand + p_on_hand * l.quantity,
            reserved = s.reserved + p_reserved * l.quantity,
            version = s.version + 1,
            updated_at = p_now
        from inventory.reservation_lines l
        where l.reservation_id = p_reservation and s.sku_id = l.sku_id
        returning s.sku_id, s.version, l.quantity, s.on_hand, s.reserved
    )
    insert into inventory.stock_movements
        (sku_id, version, kind, d_on_hand, d_reserved, on_hand_after, reserved_after, reservation_id, actor, at)
    select sku_id, version, p_kind, p_on_hand * quantity, p_reserved * quantity, on_hand, reserved,
           p_reservation, p_actor, p_now
    from moved
$$;
