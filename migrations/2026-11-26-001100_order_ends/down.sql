drop index orders.orders_by_status;
drop index orders.orders_waiting;
alter table orders.orders drop column hold_extensions;
