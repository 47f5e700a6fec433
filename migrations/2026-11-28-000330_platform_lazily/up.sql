-- The transaction that asks this is not waited for to be on the disk: it is there with the next one that is, or in less
-- than a second by itself. If the server's machine dies before, it has not been, as if the gateway had died before it.
-- So it is for what is found again and done again anyway, and for nothing that somebody outside is told of.
create function platform.commit_lazily() returns text language sql as $$
    select set_config('synchronous_commit', 'off', true)
$$;

-- As before, but lazily: whoever asks again after a lost answer takes the key over, finds what was done under its id, and
-- is answered the same.
create or replace function platform.keep_answers(p_scopes text[], p_keys text[], p_statuses smallint[], p_bodies text[])
returns table (scope text, key text) language plpgsql set enable_seqscan = off set enable_hashjoin = off
set enable_mergejoin = off as $$
begin
    perform platform.commit_lazily();
    return query
    update platform.idempotency_keys k set status = u.status, body = u.body, locked_until = null
    from unnest(p_scopes, p_keys, p_statuses, p_bodies) u (scope, key, status, body)
    where k.scope = u.scope and k.key = u.key and k.status is null
    returning k.scope, k.key;
end $$;
