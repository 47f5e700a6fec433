alter table users.users drop column company_id;
drop table users.companies;
