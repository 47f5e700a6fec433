drop view inventory.integrity;
create view inventory.integrity as
with chain as (
    select sku_id, count(*) as movements, max(version) as last, sum(d_on_hand) as on_hand, sum(d_reserved) as reserved
    from inventory.stock_movements group by sku_id
), held as (
    select l.sku_id, sum(l.quantity) as quantity
    from inventory.reservation_lines l join inventory.reservations r on r.id = l.reservation_id
    where r.state = 'held' group by l.sku_id
)
select s.sku_id, v.violation
from inventory.stock s
left join chain c using (sku_id)
left join held h using (sku_id)
cross join lateral (values
    ('on_hand is not the sum of its movements', s.on_hand is distinct from coalesce(c.on_hand, 0)),
    ('reserved is not the sum of its movements', s.reserved is distinct from coalesce(c.reserved, 0)),
    ('reserved is not the sum of held reservations', s.reserved is distinct from coalesce(h.quantity, 0)),
    ('version is not the number of movements', s.version is distinct from coalesce(c.movements, 0)),
    ('the chain of movements has a gap', c.last is distinct from c.movements)
) v (violation, broken)
where v.broken;
drop trigger tell_low on inventory.stock;
drop function inventory.tell_low;
drop function inventory.change_stock;
create or replace function inventory.settle(p_order uuid, p_state text, p_now timestamptz) returns text language plpgsql as $$
declare
    v_id uuid;
    v_state text;
    v_expires timestamptz;
    v_kind text := case p_state when 'committed' then 'commit' when 'released' then 'release' else 'expire' end;
begin
    select id, state, expires_at into v_id, v_state, v_expires
    from inventory.reservations where order_id = p_order for update;
    if v_state is distinct from 'held' or (p_state = 'expired' and v_expires > p_now) then
        return v_state;
    end if;
    perform from inventory.stock s join inventory.reservation_lines l using (sku_id)
    where l.reservation_id = v_id order by s.sku_id for update of s;
    update inventory.reservations set state = p_state, settled_at = p_now where id = v_id;
    perform inventory.move(v_id, v_kind, case v_kind when 'commit' then -1 else 0 end, -1, 'order', p_now);
    return p_state;
end $$;
alter table inventory.stock_movements
    drop column request_id,
    drop constraint stock_movements_kind_check,
    add constraint stock_movements_kind_check check (
        kind in ('receive', 'adjust', 'writeoff', 'reserve', 'commit', 'release', 'expire'));
alter table inventory.stock drop column low_at;
