drop function platform.put_back_job;
drop function platform.end_jobs;
drop function platform.lease_jobs;
drop function platform.take_job;
drop function platform.relay;
