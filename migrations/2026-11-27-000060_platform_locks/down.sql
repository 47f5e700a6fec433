drop table platform.locks;
