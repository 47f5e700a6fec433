alter table users.consents disable trigger consents_append_only;
delete from users.consents where user_id in (select id from users.users where anonymised_at is not null);
alter table users.consents enable trigger consents_append_only;
delete from users.users where anonymised_at is not null;
alter table users.users
    drop column deletion_at,
    drop column anonymised_at,
    alter column phone set not null,
    alter column first_name set not null,
    alter column last_name set not null,
    alter column email set not null;
