-- grain: one row per DAG of files, exports and rates with something open
-- reads: ops.alert, ops.watched
-- writes: nothing
-- sign and currency: no amounts
select
    a.subject_kind as kind,
    a.dag_id,
    count(*) as alerts
from ops.alert as a
-- Nobody judges any more whether what is switched off is well again.
inner join ops.watched as w
    on w.subject_kind = a.subject_kind
    and w.subject_id = a.subject_id
where a.closed_at is null
    and a.subject_kind <> 'agreement'
group by a.subject_kind, a.dag_id;
