drop table catalog.import_changes;
drop table catalog.imports;
drop function catalog.refuse_overlaps cascade;
alter table catalog.categories drop column version, drop column thumbnail_url;
