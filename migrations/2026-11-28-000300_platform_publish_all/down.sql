drop function platform.publish_all(text, uuid[], text[], jsonb[], timestamptz[]);
