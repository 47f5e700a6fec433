-- Few rows of stock by their keys, never all of them: a plan is made once for a connection, and of a thousand products
-- the planner would rather read the whole table.
alter function inventory.reserve_many(uuid[], uuid[], int[], uuid[], int[], timestamptz, timestamptz)
    set enable_seqscan = off;
