update users.addresses set city = '-' where city = '';
update users.addresses set postal_code = '-' where postal_code = '';
alter table users.addresses
    add constraint addresses_city_check check (city <> ''),
    add constraint addresses_postal_code_check check (postal_code <> '');
