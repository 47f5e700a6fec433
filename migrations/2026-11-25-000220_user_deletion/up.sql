-- `deletion_at`: when the person is to be forgotten, unless she signs in before. `anonymised_at`: she was.
alter table users.users
    add column deletion_at timestamptz,
    add column anonymised_at timestamptz,
    alter column phone drop not null,
    alter column first_name drop not null,
    alter column last_name drop not null,
    alter column email drop not null,
    add constraint users_whole_or_anonymised check (
        case
            when anonymised_at is null then num_nulls(phone, first_name, last_name, email) = 0
            else num_nonnulls(phone, first_name, last_name, email, deletion_at) = 0
        end
    );
create index users_to_anonymise on users.users (deletion_at) where deletion_at is not null;
