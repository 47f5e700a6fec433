-- Queues are empty most of the time. A plan that was made while one was is for an empty table: it reads all of it, and is
-- kept while thousands come to wait. So whatever looks into a queue goes by an index, whatever the table held when the
-- plan was made.

-- Up to `p_most` events leave the outbox, and for each the jobs come of those that wait for it; how many events went. In
-- one statement, so that what an event carries is never in both places, nor in none. The columns of the arrays belong
-- together: of which event which job is made, in which queue, so many milliseconds later, and what the event must hold.
create function platform.relay(
    p_most bigint, p_events text[], p_jobs text[], p_queues text[], p_delays bigint[], p_holding jsonb[],
    p_now timestamptz
) returns bigint language plpgsql set enable_seqscan = off as $$
declare
    v_events bigint;
begin
    with gone as (
        delete from platform.outbox where id = any (array(
            select id from platform.outbox order by id limit p_most for update skip locked
        )) returning name, payload, occurred_at
    ), made as (
        insert into platform.jobs (id, name, queue, payload, run_at, created_at)
        select gen_random_uuid(), s.job, s.queue, g.payload,
               greatest(p_now, g.occurred_at + s.delay * interval '1 millisecond'), p_now
        from gone g join unnest(p_events, p_jobs, p_queues, p_delays, p_holding) s (event, job, queue, delay, holding)
            on s.event = g.name and (s.holding is null or g.payload @> s.holding)
    )
    select count(*) into v_events from gone;
    return v_events;
end $$;

-- The job of these that is due first among the handlers, out of the queue; a rollback puts it back. What somebody else
-- has locked is stepped over.
create function platform.take_job(p_names text[], p_now timestamptz)
returns table (id uuid, name text, payload jsonb, attempts int) language plpgsql set enable_seqscan = off as $$
#variable_conflict use_column
begin
    return query
    delete from platform.jobs where id = (
        select id from platform.jobs
        where queue = 'handlers' and dead_at is null and run_at <= p_now and name = any (p_names)
        order by run_at limit 1 for update skip locked
    ) returning id, name, payload, attempts;
end $$;

-- Those of a queue that are due first, so many at most, put off until `p_until`: by then they are done, or somebody else
-- takes them.
create function platform.lease_jobs(
    p_queue text, p_names text[], p_most bigint, p_now timestamptz, p_until timestamptz
) returns table (id uuid, name text, payload jsonb, attempts int) language plpgsql set enable_seqscan = off as $$
#variable_conflict use_column
begin
    return query
    update platform.jobs set run_at = p_until, attempts = attempts + 1 where id = any (array(
        select id from platform.jobs
        where queue = p_queue and dead_at is null and run_at <= p_now and name = any (p_names)
        order by run_at limit p_most for update skip locked
    )) returning id, name, payload, attempts;
end $$;

-- Done, each if it is still at the attempt at which it was taken: after a lease ran out somebody else has counted on.
create function platform.end_jobs(p_ids uuid[], p_attempts int[]) returns void
language plpgsql set enable_seqscan = off as $$
begin
    delete from platform.jobs where id = any (p_ids) and attempts = p_attempts[array_position(p_ids, id)];
end $$;

-- Not done: back into the queue for another time, or into the grave, with what was wrong, if anything was. If it is still
-- at the attempt at which it was taken, so that two failing runs of one job are not counted on top of each other.
create function platform.put_back_job(
    p_id uuid, p_taken int, p_attempts int, p_run_at timestamptz, p_error text, p_dead_at timestamptz
) returns void language plpgsql set enable_seqscan = off as $$
begin
    update platform.jobs
    set attempts = p_attempts, run_at = p_run_at, last_error = coalesce(p_error, last_error), dead_at = p_dead_at
    where id = p_id and attempts = p_taken;
end $$;
