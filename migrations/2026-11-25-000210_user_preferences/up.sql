alter table users.users
    add column notify_sms boolean not null default true,
    add column notify_push boolean not null default true,
    add column notify_email boolean not null default true;

-- `position` tells which of two consents is the later one, whatever the clocks said.
alter table users.consents
    drop constraint consents_kind_check,
    add constraint consents_kind_check
        check (kind in ('terms', 'privacy', 'marketing', 'analytics', 'partners')),
    add column position bigint generated always as identity;
drop index users.consents_of_user;
create index consents_of_user on users.consents (user_id, kind, position);
