drop function shopping.add_to_carts;
