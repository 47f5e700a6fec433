create schema media;

-- Every file that is or may be in the store: its row is written before it is stored and goes after it is deleted.
create table media.files (
    name text primary key check (name ~ '^[0-9a-f]{32}\.(jpg|png)$'),
    state text not null check (state in ('pending', 'kept', 'discarded')),
    created_at timestamptz not null,
    changed_at timestamptz not null
);
create index files_to_sweep on media.files (changed_at) where state <> 'kept';
