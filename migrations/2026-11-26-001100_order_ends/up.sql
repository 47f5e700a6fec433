alter table orders.orders
    -- How often it was given more time because its money was under way.
    add column hold_extensions int not null default 0 check (hold_extensions >= 0);
-- Whose money has not come in time.
create index orders_waiting on orders.orders (hold_until) where status = 'pending_payment';
-- A customer's orders of one state, and the shop's, newest first.
create index orders_by_status on orders.orders (status, id);
