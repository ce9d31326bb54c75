-- Open alerts by their cause: one cause may open thousands.
select
    md5(concat_ws(' ', a.kind, a.vendor, a.family, a.cause)) as cause,
    a.kind,
    a.vendor,
    a.family,
    min(a.reason) as reason,
    count(*) as alerts,
    count(distinct (a.subject_kind, a.subject_id)) as subjects,
    min(a.since) as since,
    max(a.told_at) as told_at
from ops.alert as a
where a.closed_at is null
    and (a.subject_kind, a.subject_id) in (select * from unnest(%(kinds)s::text[], %(ids)s::text[]))
group by
    a.kind,
    a.vendor,
    a.family,
    a.cause
order by
    alerts desc,
    since
limit 25
