alter table users.users drop column notify_sms, drop column notify_push, drop column notify_email;

alter table users.consents disable trigger consents_append_only;
delete from users.consents where kind in ('analytics', 'partners');
alter table users.consents enable trigger consents_append_only;
drop index users.consents_of_user;
alter table users.consents
    drop column position,
    drop constraint consents_kind_check,
    add constraint consents_kind_check check (kind in ('terms', 'privacy', 'marketing'));
create index consents_of_user on users.consents (user_id, kind, at);
