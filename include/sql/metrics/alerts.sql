-- grain: one row per subject and kind of alert that is open
-- reads: ops.alert
-- writes: nothing
-- sign and currency: no amounts
select
    a.subject_kind as kind,
    a.subject_id as subject,
    a.kind as alert,
    count(*) as alerts,
    extract(epoch from min(coalesce(a.since, a.opened_at))) as since
from ops.alert as a
where a.closed_at is null
group by
    a.subject_kind,
    a.subject_id,
    a.kind;
