-- What a domain's own functions and triggers publish by, in the transaction of the change they tell of; as bus::publish
-- does from outside. The id is a UUIDv7 (RFC 9562 §5.7).
create function platform.publish(p_name text, p_aggregate text, p_payload jsonb) returns void language sql as $$
    insert into platform.outbox (id, name, aggregate, payload, occurred_at)
    select encode(
               set_bit(set_bit(
                   overlay(uuid_send(gen_random_uuid())
                           placing substring(int8send((extract(epoch from now) * 1000)::bigint) from 3) from 1 for 6),
                   52, 1), 53, 1),
               'hex')::uuid,
           p_name, p_aggregate, p_payload, now
    from clock_timestamp() now
$$;
