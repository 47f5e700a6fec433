-- What people do to the stock, each once however often it is asked for; and what is told of it.
alter table inventory.stock
    -- With fewer than this to be had, somebody should order more.
    add column low_at int not null default 10 check (low_at >= 0);

alter table inventory.stock_movements
    -- What it was asked for by: asked again, it is found and not done again.
    add column request_id uuid;
create unique index stock_movements_request on inventory.stock_movements (request_id) where request_id is not null;

-- Adds to or takes from what lies in the house, never from what is put aside of it.
-- Returns {"state":"done","version"}, {"state":"known","version"} when it was done before, or
-- {"state":"short","onHand","reserved"}.
create function inventory.change_stock(
    p_request uuid, p_sku uuid, p_kind text, p_delta int, p_actor text, p_reason text, p_now timestamptz
) returns jsonb language plpgsql as $$
declare
    v_stock record;
    v_known bigint;
begin
    insert into inventory.stock (sku_id, on_hand, reserved, version, updated_at)
    values (p_sku, 0, 0, 0, p_now) on conflict do nothing;
    select * into v_stock from inventory.stock where sku_id = p_sku for update;
    select version into v_known from inventory.stock_movements where request_id = p_request;
    if v_known is not null then
        return jsonb_build_object('state', 'known', 'version', v_known);
    end if;
    -- In wider numbers: what does not fit is refused, not an error.
    if v_stock.on_hand::bigint + p_delta not between v_stock.reserved and 2147483647 then
        return jsonb_build_object('state', 'short', 'onHand', v_stock.on_hand, 'reserved', v_stock.reserved);
    end if;
    update inventory.stock set on_hand = on_hand + p_delta, version = version + 1, updated_at = p_now
    where sku_id = p_sku;
    insert into inventory.stock_movements (
        sku_id, version, kind, d_on_hand, d_reserved, on_hand_after, reserved_after, actor, reason, at, request_id
    )
    values (
        p_sku, v_stock.version + 1, p_kind, p_delta, 0, v_stock.on_hand + p_delta, v_stock.reserved, p_actor, p_reason,
        p_now, p_request
    );
    return jsonb_build_object('state', 'done', 'version', v_stock.version + 1);
end $$;

-- A product of which there was enough runs low.
create function inventory.tell_low() returns trigger language plpgsql as $$
begin
    perform platform.publish('inventory.stock_low.v1', new.sku_id::text, jsonb_build_object(
        'productId', new.sku_id, 'available', new.on_hand - new.reserved, 'lowAt', new.low_at, 'version', new.version));
    return null;
end $$;
create trigger tell_low after update on inventory.stock for each row
    when (old.on_hand - old.reserved >= new.low_at and new.on_hand - new.reserved < new.low_at)
    execute function inventory.tell_low();

-- Always empty: what does not add up, with what stands and what should.
drop view inventory.integrity;
create view inventory.integrity as
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
