-- What `bus::work` made of a job, for SQL that has something to do afterwards.
create function platform.enqueue(p_job jsonb, p_at timestamptz) returns void language plpgsql as $$
begin
    insert into platform.jobs (id, name, queue, payload, run_at, created_at)
    values ((p_job ->> 'id')::uuid, p_job ->> 'name', p_job ->> 'queue', p_job -> 'payload', p_at, p_at);
end $$;
