-- grain: one row per watched subject and kind of alert that is open
-- reads: ops.watched, ops.alert
-- writes: nothing
-- sign and currency: no amounts
select
    a.subject_kind as kind,
    a.subject_id as subject,
    a.kind as alert,
    count(*) as alerts,
    extract(epoch from min(coalesce(a.since, a.opened_at))) as since
from ops.alert as a
-- Nobody judges any more whether what is switched off is well again.
inner join ops.watched as w
    on w.subject_kind = a.subject_kind
    and w.subject_id = a.subject_id
where a.closed_at is null
group by
    a.subject_kind,
    a.subject_id,
    a.kind;
