create index inbox_worked on payments.inbox (worked_at) where worked_at is not null;
