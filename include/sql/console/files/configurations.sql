-- grain: one file configuration
-- reads: ops.file, ops.sync_run, ops.watermark, mart.dim_agreement
-- writes: nothing
-- sign and currency: no amounts
with newest as (
    select distinct on (f.config_id, f.source_id)
        f.config_id,
        f.source_id,
        f.name,
        f.version,
        f.status,
        f.read_at,
        f.modified_at,
        coalesce(jsonb_array_length(f.problems), 0) + f.more_problems as problems
    from ops.file as f
    where f.config_id = any(%(ids)s)
    order by f.config_id, f.source_id, f.version desc
),

counted as (
    select
        n.config_id,
        count(*) filter (where n.status <> 'gone') as files,
        count(*) filter (where n.status = 'rejected') as rejected,
        coalesce(sum(n.problems) filter (where n.status = 'rejected'), 0) as problems,
        max(n.read_at) as read_at,
        (array_agg(n.name order by n.read_at desc, n.source_id))[1] as last_name,
        (array_agg(n.version order by n.read_at desc, n.source_id))[1] as last_version,
        (array_agg(n.status order by n.read_at desc, n.source_id))[1] as last_status
    from newest as n
    group by n.config_id
)

select
    c.id,
    a.name as agreement_name,
    coalesce(k.files, 0) as files,
    coalesce(k.rejected, 0) as rejected,
    coalesce(k.problems, 0) as problems,
    k.read_at,
    k.last_name,
    k.last_version,
    k.last_status,
    coalesce(w.waiting, 0) as waiting,
    l.status as look_status,
    l.started_at as looked_at,
    l.error_message,
    l.error_family
from unnest(%(ids)s::text [], %(agreements)s::text []) as c (id, agreement_id)
left join counted as k
    on k.config_id = c.id
left join mart.dim_agreement as a
    on a.agreement_id = c.agreement_id
left join lateral (
    select s.status, s.started_at, s.error_message, s.error_family
    from ops.sync_run as s
    where s.subject_kind = 'file'
        and s.subject_id = c.id
        and s.entity = 'files'
    order by s.started_at desc
    limit 1
) as l on true
left join lateral (
    select count(*) as waiting
    from ops.watermark as m
    cross join lateral jsonb_object_keys(m.cursor) as f (source_id)
    where m.subject_kind = 'file'
        and m.subject_id = c.id
        and m.entity = 'waiting'
) as w on true
order by c.id;
