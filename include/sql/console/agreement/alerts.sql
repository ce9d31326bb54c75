-- grain: one row per open alert of the agreement, the latest first, up to a number
-- reads: ops.alert
-- writes: nothing
-- sign and currency: no amounts
select
    a.kind,
    a.task,
    a.failures,
    a.since,
    a.reason,
    a.dag_id,
    a.run_id,
    a.try_number,
    count(*) over () as all
from ops.alert as a
where a.subject_kind = 'agreement'
    and a.subject_id = %(agreement_id)s
    and a.closed_at is null
order by a.since desc, a.alert_id
limit %(most)s;
