create or replace function platform.keep_answers(p_scopes text[], p_keys text[], p_statuses smallint[], p_bodies text[])
returns table (scope text, key text) language plpgsql set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off as $$
begin
    return query
    update platform.idempotency_keys k set status = u.status, body = u.body, locked_until = null
    from unnest(p_scopes, p_keys, p_statuses, p_bodies) u (scope, key, status, body)
    where k.scope = u.scope and k.key = u.key and k.status is null
    returning k.scope, k.key;
end $$;
drop function platform.commit_lazily;
