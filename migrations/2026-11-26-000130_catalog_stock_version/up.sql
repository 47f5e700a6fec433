-- The version of the stock that in_stock tells of: news may come in any order, and an older one changes nothing.
alter table catalog.products add column stock_version bigint not null default 0;
