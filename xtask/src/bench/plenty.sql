-- So much of everything that the load never runs out of it, entered in the chain of movements as it should be.
with received as (
    update inventory.stock set on_hand = on_hand + 1000000, version = version + 1
    returning sku_id, version, on_hand, reserved
)
insert into inventory.stock_movements
    (sku_id, version, kind, d_on_hand, d_reserved, on_hand_after, reserved_after, actor, at)
select sku_id, version, 'receive', 1000000, 0, on_hand, reserved, 'bench', now() from received;
