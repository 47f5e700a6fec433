alter table orders.orders
    drop column disputed_from, drop column dispute, drop column refund_revision, drop column refunded,
    drop column payment_id;
