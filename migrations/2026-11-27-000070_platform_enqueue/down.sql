drop function platform.enqueue(jsonb, timestamptz);
