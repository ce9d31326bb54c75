-- grain: one row per watched subject and entity or task: when it last ended well, windows left out
-- reads: ops.watched, ops.watermark, ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
-- What ended well lately is one stretch of an index. What did not is looked up one by one, and there is little of it.
with recent as (
    select
        s.subject_kind,
        s.subject_id,
        s.entity,
        max(s.finished_at) as ended_at
    from ops.sync_run as s
    where s.started_at > %(now)s - interval '48 hours'
        and s.status = 'success'
        and s.mode <> 'window'
    group by
        s.subject_kind,
        s.subject_id,
        s.entity
),

pairs as (
    select
        m.subject_kind,
        m.subject_id,
        m.entity
    from ops.watermark as m
    union
    select
        w.subject_kind,
        w.subject_id,
        t.entity
    from ops.watched as w
    cross join unnest(%(tasks)s::text[]) as t (entity)
    union
    select
        r.subject_kind,
        r.subject_id,
        r.entity
    from recent as r
),

final as (
    select
        p.subject_kind,
        p.subject_id,
        p.entity,
        coalesce(r.ended_at, e.ended_at) as ended_at
    from pairs as p
    inner join ops.watched as w
        on w.subject_kind = p.subject_kind
        and w.subject_id = p.subject_id
    left join recent as r
        on r.subject_kind = p.subject_kind
        and r.subject_id = p.subject_id
        and r.entity = p.entity
    left join lateral (
        select s.finished_at as ended_at
        from ops.sync_run as s
        where r.ended_at is null
            and s.subject_kind = p.subject_kind
            and s.subject_id = p.subject_id
            and s.entity = p.entity
            and s.status = 'success'
            and s.mode <> 'window'
        order by s.started_at desc
        limit 1
    ) as e on true
)

select
    subject_kind as kind,
    subject_id as subject,
    entity,
    extract(epoch from ended_at) as ended_at,
    case when entity = 'report' then extract(epoch from ended_at) end as night_ended_at,
    case when entity = 'prove' then extract(epoch from ended_at) end as proven_at
from final
where ended_at is not null;
