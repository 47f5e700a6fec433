-- As the function of three arguments, for whoever knows when it happened: what `bus::message` made of an event.
-- In plpgsql, which keeps its plans for the session; a function in SQL is planned at each call.
create function platform.publish(p_message jsonb, p_at timestamptz) returns void language plpgsql as $$
begin
    insert into platform.outbox (id, name, aggregate, payload, occurred_at)
    values ((p_message ->> 'id')::uuid, p_message ->> 'name', p_message ->> 'aggregate', p_message -> 'payload', p_at);
end $$;
