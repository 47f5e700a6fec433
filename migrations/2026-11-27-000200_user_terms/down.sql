alter table users.companies drop column payment_term_days;
