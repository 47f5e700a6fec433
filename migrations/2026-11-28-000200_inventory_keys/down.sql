create or replace view inventory.integrity as
with moved as (
    select sku_id, sum(d_on_hand) as on_hand, sum(d_reserved) as reserved, count(*) as movements
    from inventory.stock_movements group by sku_id
), held as (
    select l.sku_id, sum(l.quantity) as quantity
    from inventory.reservations r join inventory.reservation_lines l on l.reservation_id = r.id
    where r.state = 'held' group by l.sku_id
), chain as (
    select sku_id, version, on_hand_after, reserved_after,
           lag(on_hand_after, 1, 0) over by_version + d_on_hand as on_hand,
           lag(reserved_after, 1, 0) over by_version + d_reserved as reserved
    from inventory.stock_movements window by_version as (partition by sku_id order by version)
), stands as (
    select s.sku_id, s.on_hand, s.reserved, s.version, m.on_hand as moved_on_hand, m.reserved as moved_reserved,
           m.movements, h.quantity as held
    from inventory.stock s left join moved m using (sku_id) left join held h using (sku_id)
)
select 'on_hand is the sum of its movements' as rule, 'product ' || sku_id as subject, on_hand::bigint as stands,
       coalesce(moved_on_hand, 0)::bigint as expected
from stands where on_hand <> coalesce(moved_on_hand, 0)
union all
select 'reserved is the sum of its movements', 'product ' || sku_id, reserved, coalesce(moved_reserved, 0)::bigint
from stands where reserved <> coalesce(moved_reserved, 0)
union all
select 'reserved is what held reservations hold', 'product ' || sku_id, reserved, coalesce(held, 0)
from stands where reserved <> coalesce(held, 0)
union all
select 'one movement a version', 'product ' || sku_id, version, coalesce(movements, 0)::bigint
from stands where version <> coalesce(movements, 0)
union all
select 'a movement goes on where the one before ended: on_hand', 'product ' || sku_id || ' version ' || version,
       on_hand_after, on_hand
from chain where on_hand_after <> on_hand
union all
select 'a movement goes on where the one before ended: reserved', 'product ' || sku_id || ' version ' || version,
       reserved_after, reserved
from chain where reserved_after <> reserved;

create or replace function inventory.reserve_many(
    p_ids uuid[], p_orders uuid[], p_of int[], p_skus uuid[], p_quantities int[], p_expires timestamptz, p_now timestamptz
) returns jsonb language plpgsql set enable_seqscan = off as $$
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

drop trigger never_deleted on inventory.reservations;
drop trigger never_deleted on inventory.stock;
drop function inventory.refuse_deletion();
create index reservation_lines_sku on inventory.reservation_lines (sku_id);
create index stock_movements_reservation on inventory.stock_movements (reservation_id) where reservation_id is not null;
alter table inventory.reservation_lines
    add foreign key (reservation_id) references inventory.reservations on delete cascade,
    add foreign key (sku_id) references inventory.stock;
alter table inventory.stock_movements
    add foreign key (sku_id) references inventory.stock,
    add foreign key (reservation_id) references inventory.reservations;
