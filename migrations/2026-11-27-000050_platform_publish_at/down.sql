drop function platform.publish(jsonb, timestamptz);
