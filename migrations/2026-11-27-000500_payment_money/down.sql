drop function payments.claim_events(text, timestamptz, timestamptz);
drop function payments.receive(text, text, text, text, jsonb, timestamptz);
drop index payments.inbox_of_intent, payments.inbox_by_intent;
alter table payments.inbox drop column claimed_until;
drop view payments.integrity;
drop table payments.reconciliations, payments.differences, payments.disputes, payments.refunds, payments.customers;
drop index payments.payments_open;
alter table payments.payments
    drop column checked_at, drop column refund_revision, drop column next_action, drop column customer_id;
