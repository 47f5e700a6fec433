drop function orders.place_many;
