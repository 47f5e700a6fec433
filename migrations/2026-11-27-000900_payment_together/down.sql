drop function payments.attach_intents;
