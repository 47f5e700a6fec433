-- Whether any can be had is told whenever it turns, by whatever changed the stock.
create function inventory.tell_availability() returns trigger language plpgsql as $$
begin
    perform platform.publish('inventory.availability_turned.v1', new.sku_id::text, jsonb_build_object(
        'productId', new.sku_id, 'available', new.on_hand > new.reserved, 'version', new.version));
    return null;
end $$;
create trigger tell_availability_new after insert on inventory.stock for each row
    when (new.on_hand > new.reserved) execute function inventory.tell_availability();
create trigger tell_availability after update on inventory.stock for each row
    when ((old.on_hand > old.reserved) is distinct from (new.on_hand > new.reserved))
    execute function inventory.tell_availability();

-- Whoever listens has heard of none of what is there already.
select platform.publish('inventory.availability_turned.v1', sku_id::text, jsonb_build_object(
    'productId', sku_id, 'available', true, 'version', version))
from inventory.stock where on_hand > reserved;
