drop trigger refuse_line_of_full_cart on shopping.cart_items;
drop function shopping.refuse_line_of_full_cart;
