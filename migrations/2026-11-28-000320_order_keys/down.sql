drop trigger never_deleted on orders.orders;
drop function orders.refuse_deletion();
alter table orders.order_events
    add constraint order_events_order_id_fkey foreign key (order_id) references orders.orders (id) on delete cascade;
alter table orders.order_lines
    add constraint order_lines_order_id_fkey foreign key (order_id) references orders.orders (id) on delete cascade;
