-- Money that comes by transfer has no provider: the row says what is owed, and when it is here.
alter table payments.payments drop constraint payments_method_check;
alter table payments.payments add check (method in ('card', 'blik', 'p24', 'bank_transfer'));
