-- The index for lists holds active products only; a category that is deleted looks for all of its products.
create index products_of_category on catalog.products (category_id);
