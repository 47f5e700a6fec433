drop index catalog.products_of_category;
