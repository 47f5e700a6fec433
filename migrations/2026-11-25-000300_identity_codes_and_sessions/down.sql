drop index identity.refresh_tokens_expiry;
alter table identity.refresh_tokens drop column sealed_successor;
drop index identity.sessions_ended;
delete from identity.sessions where user_type = 'staff';
update identity.sessions set end_reason = 'logout' where end_reason in ('logout_all', 'ended');
alter table identity.sessions
    drop column epoch,
    drop column generation,
    drop column device,
    drop constraint sessions_user_type_check,
    add constraint sessions_user_type_check check (user_type in ('individual', 'corporate')),
    drop constraint sessions_end_reason_check,
    add constraint sessions_end_reason_check check (end_reason in ('logout', 'replay'));
drop table identity.epochs;
drop table identity.paused_countries;
alter table identity.phones drop column epoch;
delete from identity.challenges where purpose <> 'sign_in';
drop index identity.challenges_of_country;
alter table identity.challenges
    drop constraint challenges_user_check,
    drop column prefix,
    drop column asked_from,
    drop column user_id,
    drop constraint challenges_purpose_check,
    add constraint challenges_purpose_check check (purpose in ('sign_in'));
