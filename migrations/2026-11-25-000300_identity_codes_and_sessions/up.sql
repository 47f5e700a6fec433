-- Codes serve more than signing in, and are counted by where they were asked from and where they go.
alter table identity.challenges
    add column prefix text not null generated always as (left(phone, -4)) stored,
    add column asked_from text not null default 'unknown' check (asked_from <> ''),
    add column user_id uuid,
    drop constraint challenges_purpose_check,
    add constraint challenges_purpose_check
        check (purpose in ('sign_in', 'change_phone_from', 'change_phone_to', 'delete_account')),
    -- Nobody is signed in yet who signs in; everything else is asked for by somebody.
    add constraint challenges_user_check check ((purpose = 'sign_in') = (user_id is null));
alter table identity.challenges alter column asked_from drop default;
create index challenges_of_prefix on identity.challenges (prefix, created_at desc);
create index challenges_of_network on identity.challenges (asked_from, created_at desc);
create index challenges_of_country on identity.challenges (country, created_at desc);
create index challenges_of_user on identity.challenges (user_id) where user_id is not null;

-- Raised when a number stops being an account's: who proved to hold it before that signs in to nothing any more.
alter table identity.phones add column epoch int not null default 0 check (epoch >= 0);

-- Countries whose codes were hardly used, and until when none is sent there.
create table identity.paused_countries (
    country text primary key check (length(country) = 2),
    paused_until timestamptz not null
);

-- Raised by what voids everything that a user, or somebody of the shop, was signed in with.
create table identity.epochs (
    subject uuid primary key,
    epoch int not null check (epoch > 0),
    raised_at timestamptz not null
);
create index epochs_raised on identity.epochs (raised_at);

alter table identity.sessions
    add column epoch int not null default 0 check (epoch >= 0),
    add column generation int not null default 1 check (generation > 0),
    add column device text check (device <> ''),
    drop constraint sessions_user_type_check,
    add constraint sessions_user_type_check check (user_type in ('individual', 'corporate', 'staff')),
    drop constraint sessions_end_reason_check,
    add constraint sessions_end_reason_check check (end_reason in ('logout', 'logout_all', 'ended', 'replay'));
update identity.sessions s set generation = newest.generation
from (select session_id, max(generation) as generation from identity.refresh_tokens group by session_id) newest
where newest.session_id = s.id;
create index sessions_ended on identity.sessions (ended_at) where ended_at is not null;

-- The token that replaced this one, readable only to whoever holds this one.
alter table identity.refresh_tokens
    add column sealed_successor bytea check (length(sealed_successor) = 32);
create index refresh_tokens_expiry on identity.refresh_tokens (expires_at);
