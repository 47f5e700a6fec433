drop function platform.publish(text, text, jsonb);
