create schema notification;

-- Development only: the text messages that a provider would have sent, once per job.
create table notification.mailbox (
    job_id uuid primary key,
    position bigint generated always as identity,
    phone text not null,
    text text not null,
    at timestamptz not null
);
create index mailbox_of_phone on notification.mailbox (phone, position desc);
