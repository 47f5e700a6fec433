create schema audit;

-- Append-only: what people of the shop changed, written in the transaction of the change.
create table audit.entries (
    id uuid primary key,
    at timestamptz not null,
    actor uuid not null,
    actor_role text not null
        check (actor_role in ('owner', 'manager', 'catalogue', 'fulfilment', 'finance', 'support')),
    action text not null check (action ~ '^[a-z_]+\.[a-z_]+$'),
    target text not null check (target <> ''),
    before jsonb,
    after jsonb
);
create index entries_of_target on audit.entries (target, id desc);
create index entries_of_actor on audit.entries (actor, id desc);

create function audit.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end
$$;
create trigger entries_append_only before update or delete on audit.entries
    for each row execute function audit.refuse_change();
create trigger entries_not_emptied before truncate on audit.entries
    for each statement execute function audit.refuse_change();
