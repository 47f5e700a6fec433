-- Events of one name that are recorded together. What belongs to an event stands at the same place of each array.
create function platform.publish_all(
    p_name text, p_ids uuid[], p_aggregates text[], p_payloads jsonb[], p_at timestamptz[]
) returns void language plpgsql as $$
begin
    insert into platform.outbox (id, name, aggregate, payload, occurred_at)
    select m.id, p_name, m.aggregate, m.payload, m.at
    from unnest(p_ids, p_aggregates, p_payloads, p_at) m (id, aggregate, payload, at);
end $$;
