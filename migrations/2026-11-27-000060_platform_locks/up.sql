-- Who runs what only one may run at a time. The fence rises with every holder and names it, so that whoever was thought
-- dead, and is not, cannot write any more.
create table platform.locks (
    name text primary key,
    fence bigint not null,
    until timestamptz not null
);
