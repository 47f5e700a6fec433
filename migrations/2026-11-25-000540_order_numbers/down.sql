drop function orders.next_number(timestamptz);
