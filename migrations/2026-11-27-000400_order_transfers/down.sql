drop function orders.place(jsonb, jsonb, jsonb, jsonb, int, int);
drop index orders.orders_unpaid;
drop index orders.orders_due;
alter table orders.orders drop constraint orders_check1, drop column overdue_at;
