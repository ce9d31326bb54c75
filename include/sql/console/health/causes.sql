-- Open alerts by their cause: one cause may open thousands. Those of what is switched off are none of them (counts.sql).
select
    md5(concat_ws(' ', a.kind, a.vendor, a.family, a.cause)) as cause,
    a.kind,
    a.vendor,
    a.family,
    min(a.reason) as reason,
    count(*) as alerts,
    count(distinct a.subject_id) filter (where a.subject_kind = 'agreement') as agreement,
    count(distinct a.subject_id) filter (where a.subject_kind = 'file') as file,
    count(distinct a.subject_id) filter (where a.subject_kind = 'export') as export,
    count(distinct a.subject_id) filter (where a.subject_kind = 'rates') as rates,
    count(distinct a.subject_id) filter (where a.subject_kind = 'dataset') as dataset,
    min(a.since) as since,
    max(a.told_at) as told_at
from ops.alert as a
inner join ops.watched as w
    on w.subject_kind = a.subject_kind
    and w.subject_id = a.subject_id
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
