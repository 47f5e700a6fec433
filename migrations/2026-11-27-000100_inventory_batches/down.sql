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

alter table inventory.stock_movements drop constraint stock_movements_kind_check;
alter table inventory.stock_movements
    add check (kind in ('receive', 'adjust', 'writeoff', 'reserve', 'commit', 'release', 'expire'));
alter table inventory.reservations drop constraint reservations_state_check;
alter table inventory.reservations add check (state in ('held', 'committed', 'released', 'expired'));
drop function inventory.reserve_many(uuid[], uuid[], int[], uuid[], int[], timestamptz, timestamptz);
drop function inventory.timeline();
