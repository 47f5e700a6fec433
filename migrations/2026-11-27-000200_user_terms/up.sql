-- In how many days after it orders the company may pay by transfer; none until somebody has approved it.
alter table users.companies
    add column payment_term_days int[] not null default '{}'
        check (array_position(payment_term_days, null) is null and 0 < all (payment_term_days));
