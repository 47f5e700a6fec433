-- A company as the tax register knew it when somebody of it last registered; its VAT was active then.
create table users.companies (
    id uuid primary key,
    nip text not null constraint companies_nip unique check (nip ~ '^[0-9]{10}$'),
    name text not null check (name <> ''),
    regon text check (regon <> ''),
    krs text check (krs <> ''),
    address text check (address <> ''),
    registered_on date,
    created_at timestamptz not null,
    checked_at timestamptz not null
);

alter table users.users
    add column company_id uuid references users.companies,
    add constraint users_company check ((user_type = 'corporate') = (company_id is not null));
create index users_of_company on users.users (company_id);
