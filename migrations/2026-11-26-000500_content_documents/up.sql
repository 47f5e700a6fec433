create schema content;

-- What was published; never changed and never deleted, for people agreed to it.
create table content.documents (
    kind text not null check (kind in ('faq', 'terms', 'privacy', 'cookies')),
    version int not null check (version > 0),
    published_at timestamptz not null,
    -- Null: it came with the shop.
    published_by uuid,
    primary key (kind, version)
);

create table content.texts (
    kind text not null check (kind in ('faq', 'terms', 'privacy', 'cookies')),
    version int not null,
    language text not null check (language in ('tr', 'en', 'pl')),
    title text not null check (title <> ''),
    -- Markdown.
    body text not null check (body <> ''),
    primary key (kind, version, language),
    foreign key (kind, version) references content.documents
);
