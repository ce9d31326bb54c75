-- grain: one row per entity of the agreement, or task that lands none: its last try, how far it is, what is set aside
-- reads: ops.sync_run, ops.watermark, ops.set_aside
-- writes: nothing
-- sign and currency: no amounts
with asides as (
    select
        s.entity,
        count(*) as records
    from ops.set_aside as s
    where s.agreement_id = %(agreement_id)s
    group by s.entity
)

select
    n.entity,
    l.dag_id,
    l.run_id,
    l.try_number,
    l.status,
    l.started_at,
    l.finished_at,
    l.error_family,
    l.error_message,
    l.note,
    l.requests,
    l.retries,
    l.throttled,
    w.cursor,
    w.resume,
    w.updated_at as marked_at,
    coalesce(a.records, 0) as set_aside
from unnest(%(entities)s::text[]) as n (entity)
cross join lateral (
    select
        r.dag_id,
        r.run_id,
        r.try_number,
        r.status,
        r.started_at,
        r.finished_at,
        r.error_family,
        r.error_message,
        r.note,
        r.requests,
        r.retries,
        r.throttled
    from ops.sync_run as r
    where r.subject_kind = 'agreement'
        and r.subject_id = %(agreement_id)s
        and r.entity = n.entity
    order by r.started_at desc, r.sync_run_id desc
    limit 1
) as l
left join ops.watermark as w
    on w.subject_kind = 'agreement'
    and w.subject_id = %(agreement_id)s
    and w.entity = n.entity
left join asides as a on a.entity = n.entity
order by n.entity;
