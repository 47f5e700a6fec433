-- Reservations that wait at the same moment are made by one call. Each is all or nothing for itself, and once for
-- its order. Of the arrays, `p_of` says which reservation a line belongs to, counted from 1.
--
-- Locks in the order in which everybody does: reservations, then rows of stock in ascending id.
-- Returns {"answers": one as of `inventory.reserve` for each}, and, unless all were served at once, with it
-- {"news": {"timeline", "levels": [{"sku","available","version"}]}}.
create function inventory.reserve_many(
    p_ids uuid[], p_orders uuid[], p_of int[], p_skus uuid[], p_quantities int[], p_expires timestamptz, p_now timestamptz
) returns jsonb language plpgsql as $$
declare
    v_known boolean;
    v_fits boolean;
    v_answers jsonb := '[]';
begin
    perform pg_advisory_xact_lock(l.key)
    from (select hashtextextended(o::text, 0) as key from unnest(p_orders) o order by 1) l;
    perform from inventory.reservations r where r.order_id = any (p_orders) order by r.order_id for update;
    v_known := found;
    perform from inventory.stock s where s.sku_id = any (p_skus) order by s.sku_id for update;

    if not v_known then
        select bool_and(coalesce(s.on_hand - s.reserved, 0) >= w.quantity) into v_fits
        from (select sku, sum(quantity) as quantity from unnest(p_skus, p_quantities) u (sku, quantity) group by sku) w
        left join inventory.stock s on s.sku_id = w.sku;
    end if;
    if v_fits then
        insert into inventory.reservations (id, order_id, state, expires_at, created_at)
        select u.id, u.order_id, 'held', p_expires, p_now from unnest(p_ids, p_orders) u (id, order_id);
        insert into inventory.reservation_lines (reservation_id, sku_id, quantity)
        select p_ids[u.nth], u.sku, sum(u.quantity)::int
        from unnest(p_of, p_skus, p_quantities) u (nth, sku, quantity) group by u.nth, u.sku;
        with wanted as materialized (
            select u.nth, u.sku, sum(u.quantity)::int as quantity
            from unnest(p_of, p_skus, p_quantities) u (nth, sku, quantity) group by u.nth, u.sku
        ), moved as (
            update inventory.stock s
            set reserved = s.reserved + w.quantity, version = s.version + w.reservations, updated_at = p_now
            from (select sku, sum(quantity)::int as quantity, count(*) as reservations from wanted group by sku) w
            where s.sku_id = w.sku
            returning s.sku_id, s.on_hand, s.reserved - w.quantity as reserved, s.version - w.reservations as version
        )
        insert into inventory.stock_movements
            (sku_id, version, kind, d_on_hand, d_reserved, on_hand_after, reserved_after, reservation_id, actor, at)
        select w.sku, m.version + row_number() over in_turn, 'reserve', 0, w.quantity, m.on_hand,
               m.reserved + sum(w.quantity) over in_turn, p_ids[w.nth], 'order', p_now
        from wanted w join moved m on m.sku_id = w.sku
        window in_turn as (partition by w.sku order by w.nth);
        select jsonb_agg('{"state": "held"}'::jsonb) into v_answers from unnest(p_orders);
        return jsonb_build_object('answers', v_answers);
    end if;
    -- Somebody asks again, or somebody goes away empty-handed: one after the other.
    for v_nth in 1 .. cardinality(p_orders) loop
        v_answers := v_answers || (
            select inventory.reserve(
                p_ids[v_nth], p_orders[v_nth], array_agg(u.sku), array_agg(u.quantity), p_expires, p_now)
            from unnest(p_of, p_skus, p_quantities) u (nth, sku, quantity) where u.nth = v_nth
        );
    end loop;
    return jsonb_build_object('answers', v_answers, 'news', jsonb_build_object(
        'timeline', inventory.timeline(),
        'levels', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'sku', s.sku_id, 'available', s.on_hand - s.reserved, 'version', s.version)), '[]')
            from inventory.stock s where s.sku_id = any (p_skus)
        )
    ));
end $$;

-- Which history of the database this is. After a restore to an earlier moment, or the promotion of a standby, it is
-- another one, in which versions may come again.
create function inventory.timeline() returns text language sql as $$
    select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
$$;

-- Units that had left the books come back: of an order that was to be paid by transfer, and was not.
alter table inventory.reservations drop constraint reservations_state_check;
alter table inventory.reservations
    add check (state in ('held', 'committed', 'released', 'expired', 'returned'));
alter table inventory.stock_movements drop constraint stock_movements_kind_check;
alter table inventory.stock_movements
    add check (kind in ('receive', 'adjust', 'writeoff', 'reserve', 'commit', 'release', 'expire', 'return'));

-- Ends a reservation: 'committed' takes the units out of the house, 'released' and 'expired' give them back, all from
-- 'held' only; 'returned' brings back what had been committed. A second call changes nothing. Nothing expires before
-- its time either: between the moment at which somebody found it overdue and this one, its order may have asked again.
-- Returns the state it is in now, null when there is none.
create or replace function inventory.settle(p_order uuid, p_state text, p_now timestamptz) returns text language plpgsql as $$
declare
    v_id uuid;
    v_state text;
    v_expires timestamptz;
    v_from text := case p_state when 'returned' then 'committed' else 'held' end;
begin
    select id, state, expires_at into v_id, v_state, v_expires
    from inventory.reservations where order_id = p_order for update;
    if v_state is distinct from v_from or (p_state = 'expired' and v_expires > p_now) then
        return v_state;
    end if;
    perform from inventory.stock s join inventory.reservation_lines l using (sku_id)
    where l.reservation_id = v_id order by s.sku_id for update of s;
    update inventory.reservations set state = p_state, settled_at = p_now where id = v_id;
    case p_state
        when 'committed' then perform inventory.move(v_id, 'commit', -1, -1, 'order', p_now);
        when 'released' then perform inventory.move(v_id, 'release', 0, -1, 'order', p_now);
        when 'expired' then perform inventory.move(v_id, 'expire', 0, -1, 'order', p_now);
        when 'returned' then perform inventory.move(v_id, 'return', 1, 0, 'order', p_now);
    end case;
    return p_state;
end $$;
