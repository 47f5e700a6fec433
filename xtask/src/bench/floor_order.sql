\set a random(1, 998)
\set b :a + 1
\set c :a + 2
begin;
select gen_random_uuid() as id \gset
insert into placed values (:id, gen_random_uuid(), 20000, '{"street": "Marszalkowska 1", "city": "Warszawa", "postalCode": "00-001"}', now());
insert into line values (:id, 1, :a, 'name name name name', 2, 3000), (:id, 2, :b, 'name name name name', 2, 3000), (:id, 3, :c, 'name name name name', 2, 3000);
update item set stock = stock - 2 where id = :a;
update item set stock = stock - 2 where id = :b;
update item set stock = stock - 2 where id = :c;
insert into outbox values (gen_random_uuid(), 'order.placed.v1', '{"lines": 3, "total": 20000, "currency": "PLN"}', now());
commit;
