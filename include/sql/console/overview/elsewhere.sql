-- grain: one row per DAG of files, exports and rates with something open
-- reads: ops.alert
-- writes: nothing
-- sign and currency: no amounts
select
    a.subject_kind as kind,
    a.dag_id,
    count(*) as alerts
from ops.alert as a
where a.closed_at is null
    and a.subject_kind <> 'agreement'
group by a.subject_kind, a.dag_id;
