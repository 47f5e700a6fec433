with made as (
    insert into orders.orders (id, number, user_id, status, payment_status, payment_method, cart_id, cart_revision, net,
                               vat, gross, shipping_address, billing_address, hold_until, created_at, updated_at, paid_at)
    select gen_random_uuid(), 'ORD-2020-' || lpad(n::text, 7, '0'), ('00000000-0000-7000-8000-' || lpad((n % 50000)::text, 12, '0'))::uuid,
           'delivered', 'succeeded', 'card', gen_random_uuid(), 1, 30000, 1500, 31500,
           '{"title":"Dom","street":"ul. Długa 1","city":"Warszawa","postalCode":"00-238","country":"PL"}',
           '{"title":"Dom","street":"ul. Długa 1","city":"Warszawa","postalCode":"00-238","country":"PL"}',
           now() - interval '1 year', now() - interval '1 year', now() - interval '1 year', now() - interval '1 year'
    from generate_series(1, {{COUNT}}) n
    returning id, created_at
), lined as (
    insert into orders.order_lines (order_id, position, product_id, code, name, size, quantity, unit_price, line_total,
                                    vat_basis_points)
    select m.id, p, ('00000000-0000-7000-8000-' || lpad(p::text, 12, '0'))::uuid, 'CODE', 'Süzme yoğurt', '500 g', 7, 1500, 10500, 500
    from made m, generate_series(1, 3) p
), told as (
    insert into orders.order_events (id, order_id, kind, at)
    select gen_random_uuid(), m.id, k, m.created_at from made m, unnest(array['placed', 'paid', 'delivered']) k
)
insert into payments.payments (id, order_id, attempt, method, amount, currency, status, expires_at, created_at, updated_at)
select gen_random_uuid(), id, 1, 'card', 31500, 'PLN', 'succeeded', created_at, created_at, created_at from made;
