-- For each line and each event of an order PostgreSQL asked whether the order is there. It is: what writes lines writes
-- the order in the same call, and what writes an event has locked it. That an order stays is kept by refusing to delete
-- it; and the integrity of the books would tell of what belongs to no order.
alter table orders.order_lines drop constraint order_lines_order_id_fkey;
alter table orders.order_events drop constraint order_events_order_id_fkey;

create function orders.refuse_deletion() returns trigger language plpgsql as $$
begin
    raise exception 'orders are never deleted, nor given another id';
end $$;
create trigger never_deleted before delete or truncate or update of id on orders.orders
    for each statement execute function orders.refuse_deletion();
