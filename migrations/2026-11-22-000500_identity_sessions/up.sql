create schema identity;

-- What is remembered of a number, with or without an account: its wrong guesses and until when it is locked.
-- Its row is where the sends to one number queue up.
create table identity.phones (
    phone text primary key check (phone ~ '^\+[1-9][0-9]{7,14}$'),
    failures timestamptz[] not null default '{}',
    locked_until timestamptz,
    seen_at timestamptz not null
);
create index phones_seen on identity.phones (seen_at);

-- One code that was asked for. The code itself is on its way in the outbox; here is only its HMAC.
create table identity.challenges (
    id uuid primary key,
    phone text not null references identity.phones,
    country text not null check (length(country) = 2),
    user_type text not null check (user_type in ('individual', 'corporate')),
    purpose text not null check (purpose in ('sign_in')),
    code_hmac bytea not null check (length(code_hmac) = 32),
    attempts int not null default 0 check (attempts >= 0),
    created_at timestamptz not null,
    expires_at timestamptz not null check (expires_at > created_at),
    consumed_at timestamptz
);
create index challenges_of_phone on identity.challenges (phone, created_at desc);
create index challenges_age on identity.challenges (created_at);

-- One signing-in on one device: the family of its refresh tokens.
create table identity.sessions (
    id uuid primary key,
    user_id uuid not null,
    user_type text not null check (user_type in ('individual', 'corporate')),
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text check (end_reason in ('logout', 'replay')),
    check ((ended_at is null) = (end_reason is null))
);
create index sessions_of_user on identity.sessions (user_id) where ended_at is null;
create index sessions_expiry on identity.sessions (expires_at);

-- Only SHA-256 of each token. A session has one that is not replaced: the newest generation.
create table identity.refresh_tokens (
    hash bytea primary key check (length(hash) = 32),
    session_id uuid not null references identity.sessions on delete cascade,
    generation int not null check (generation > 0),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    replaced_at timestamptz,
    unique (session_id, generation)
);
create unique index refresh_tokens_current on identity.refresh_tokens (session_id) where replaced_at is null;
