-- grain: one row per open alert of a failing task that has succeeded since
-- reads: ops.alert, ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
select
    a.alert_id,
    success.finished_at
from ops.alert as a
inner join unnest(%(kinds)s::text[], %(ids)s::text[]) as u (subject_kind, subject_id)
    on u.subject_kind = a.subject_kind
    and u.subject_id = a.subject_id
cross join lateral (
    select s.finished_at
    from ops.sync_run as s
    where s.subject_kind = a.subject_kind
        and s.subject_id = a.subject_id
        and s.entity = a.task
        -- The owner of a refused file has a mail, and its place has answered.
        and (
            s.status = 'success'
            or (s.status = 'skipped' and s.error_family = 'NotLicensed')
            or (s.status = 'failed' and s.error_family = 'DataRejected' and s.subject_kind = 'file')
        )
        and s.sync_run_id > a.last_try_id
        and (s.mode <> 'window' or s.entity = any(%(checks)s))
        and (
            s.started_at < %(longest_ago)s
            or exists (
                select 1
                from ops.sync_run as r
                where r.subject_kind = s.subject_kind
                    and r.subject_id = s.subject_id
                    and r.entity = 'report'
                    and r.status <> 'running'
                    and r.sync_run_id > s.sync_run_id
                    and (r.mode <> 'window' or (r.dag_id = s.dag_id and r.run_id = s.run_id))
            )
        )
    order by s.sync_run_id desc
    limit 1
) as success
where a.closed_at is null
    and a.kind = 'failure';
