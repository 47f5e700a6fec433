alter table catalog.products drop column stock_version;
