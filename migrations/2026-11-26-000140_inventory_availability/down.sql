drop trigger tell_availability on inventory.stock;
drop trigger tell_availability_new on inventory.stock;
drop function inventory.tell_availability();
