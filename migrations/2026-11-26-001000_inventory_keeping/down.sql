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
alter table inventory.stock_movements
    drop column request_id;
alter table inventory.stock drop column low_at;
