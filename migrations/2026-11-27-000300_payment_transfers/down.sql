alter table payments.payments drop constraint payments_method_check;
alter table payments.payments add check (method in ('card', 'blik', 'p24'));
