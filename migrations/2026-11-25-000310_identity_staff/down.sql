drop table identity.password_failures;
drop table identity.staff;
