-- What the console asks of nights, however many there are: the last good one, what runs, what failed since a day.
create index sync_run_good_reports on ops.sync_run (subject_kind, subject_id, sync_run_id)
    where entity = 'report' and status = 'success' and mode <> 'window';
create index sync_run_running on ops.sync_run (subject_kind, subject_id, started_at)
    where status = 'running';
create index sync_run_failures on ops.sync_run (subject_kind, subject_id, started_at)
    include (entity, run_id) where status = 'failed';
