do $$
declare
    v_table text;
    v_event text;
begin
    foreach v_event in array array['insert', 'update', 'delete'] loop
        foreach v_table in array array[
            'product_translations', 'product_prices', 'product_vat_rates', 'product_images', 'category_translations'
        ] loop
            execute format('drop trigger touch_%1$s on catalog.%2$I', v_event, v_table);
        end loop;
    end loop;
end $$;
drop function catalog.touch_categories();
drop function catalog.touch_products();
drop trigger number_removal on catalog.categories;
drop function catalog.number_removed_category();
drop trigger number_removal on catalog.products;
drop function catalog.number_removal();
drop trigger number_change on catalog.categories;
drop trigger number_change on catalog.products;
drop function catalog.number_change();
drop table catalog.removed_products;
drop index catalog.products_revision;
alter table catalog.categories drop column revision;
alter table catalog.products drop column revision;
drop function catalog.this_revision();
drop table catalog.state;
