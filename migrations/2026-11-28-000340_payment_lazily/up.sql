-- As before, but lazily: an attempt whose intent was lost is opened again by its job, and Stripe gives the same intent.
create or replace function payments.attach_intents(
    p_ids uuid[], p_intents text[], p_secrets text[], p_at timestamptz[]
) returns setof uuid language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    perform platform.commit_lazily();
    return query
    update payments.payments p
    set status = 'requires_payment_method', intent_id = u.intent, client_secret = u.secret, updated_at = u.at
    from unnest(p_ids, p_intents, p_secrets, p_at) u (id, intent, secret, at)
    where p.id = u.id and p.intent_id is null and p.status = 'creating'
    returning p.id;
end $$;
