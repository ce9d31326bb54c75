-- grain: one row per subject and night asked for: when its run began, ended, and what it is doing
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
with asked as (
    select
        subject_kind,
        subject_id,
        dag_id,
        due_at
    from unnest(%(kinds)s::text[], %(ids)s::text[], %(dag_ids)s::text[], %(due)s::timestamptz[])
        as u (subject_kind, subject_id, dag_id, due_at)
),

-- Runs begun before the night was due belong to another one, whenever they end.
runs as (
    select
        a.subject_kind,
        a.subject_id,
        a.due_at,
        s.dag_id,
        s.run_id,
        min(s.started_at) as began_at,
        min(s.finished_at) filter (where s.entity = 'report' and s.status <> 'running') as ended_at
    from asked as a
    inner join ops.sync_run as s
        on s.subject_kind = a.subject_kind
        and s.subject_id = a.subject_id
        and s.mode <> 'window'
        and s.dag_id = a.dag_id
        and s.started_at >= a.due_at
    where not exists (
        select 1
        from ops.sync_run as b
        where b.subject_kind = s.subject_kind
            and b.subject_id = s.subject_id
            and b.dag_id = s.dag_id
            and b.run_id = s.run_id
            and b.started_at < a.due_at
    )
    group by a.subject_kind, a.subject_id, a.due_at, s.dag_id, s.run_id
),

final as (
    select
        a.subject_kind,
        a.subject_id,
        a.due_at,
        min(r.began_at) as began_at,
        min(r.ended_at) as ended_at,
        (array_agg(r.dag_id order by r.began_at desc))[1] as dag_id,
        (array_agg(r.run_id order by r.began_at desc))[1] as run_id,
        (
            select string_agg(distinct s.entity, ', ')
            from ops.sync_run as s
            where s.subject_kind = a.subject_kind
                and s.subject_id = a.subject_id
                and s.status = 'running'
                and s.dag_id = a.dag_id
                and s.started_at >= a.due_at - interval '20 hours'
        ) as running
    from asked as a
    left join runs as r
        on r.subject_kind = a.subject_kind
        and r.subject_id = a.subject_id
        and r.due_at = a.due_at
    group by a.subject_kind, a.subject_id, a.dag_id, a.due_at
)

select
    subject_kind,
    subject_id,
    due_at,
    began_at,
    ended_at,
    dag_id,
    run_id,
    running
from final;
