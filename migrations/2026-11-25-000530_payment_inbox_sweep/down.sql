drop index payments.inbox_worked;
