-- grain: one row per agreement asked for: its last run, whether more failed in it than its proof, its last good night, its last
-- proof, what is open
-- reads: ops.sync_run, ops.alert
-- writes: nothing
-- sign and currency: no amounts
with asked as (
    select u.id
    from unnest(%(ids)s::text[]) as u (id)
),

alerts as (
    select
        a.subject_id as id,
        count(*) filter (where a.kind = 'failure') as failures,
        count(*) filter (where a.kind = 'late') as lates,
        count(*) filter (where a.kind = 'expiry') as expiries,
        count(*) filter (where a.kind = 'set_aside') as set_asides
    from ops.alert as a
    where a.closed_at is null
        and a.subject_kind = 'agreement'
        and a.subject_id = any(%(ids)s)
    group by a.subject_id
),

running as (
    select
        r.subject_id as id,
        min(r.started_at) as since
    from ops.sync_run as r
    where r.status = 'running'
        and r.subject_kind = 'agreement'
        and r.subject_id = any(%(ids)s)
        and r.started_at >= %(longest_ago)s
    group by r.subject_id
)

select
    a.id,
    last.status as last_status,
    last.run_id as last_run,
    last.finished_at as last_at,
    coalesce(last.status = 'failed', false) and exists (
        select 1
        from ops.sync_run as f
        where f.subject_kind = 'agreement'
            and f.subject_id = a.id
            and f.status = 'failed'
            -- No run lasts longer.
            and f.started_at between last.started_at - interval '20 hours' and last.started_at
            and f.run_id = last.run_id
            -- Budgets come by a DAG of their own, whose run may have the very name of the night's.
            and f.entity not in ('prove', 'report', 'budgets')
            and not exists (
                select 1
                from ops.sync_run as l
                where l.subject_kind = 'agreement'
                    and l.subject_id = a.id
                    and l.entity = f.entity
                    and l.started_at between f.started_at and last.started_at
                    and l.run_id = last.run_id
                    and l.status in ('success', 'skipped')
            )
    ) as is_more_than_proof,
    good.finished_at as good_at,
    prove.status as prove_status,
    prove.error_family as prove_family,
    prove.finished_at as checked_at,
    running.since as running_since,
    coalesce(alerts.failures, 0) as failures,
    coalesce(alerts.lates, 0) as lates,
    coalesce(alerts.expiries, 0) as expiries,
    coalesce(alerts.set_asides, 0) as set_asides
from asked as a
left join lateral (
    select
        r.status,
        r.run_id,
        r.started_at,
        r.finished_at
    from ops.sync_run as r
    where r.subject_kind = 'agreement'
        and r.subject_id = a.id
        and r.entity = 'report'
        and r.mode <> 'window'
        and r.status <> 'running'
    order by r.sync_run_id desc
    limit 1
) as last on true
left join lateral (
    select r.finished_at
    from ops.sync_run as r
    where r.subject_kind = 'agreement'
        and r.subject_id = a.id
        and r.entity = 'report'
        and r.status = 'success'
        and r.mode <> 'window'
    order by r.sync_run_id desc
    limit 1
) as good on true
left join lateral (
    select
        r.status,
        r.error_family,
        r.finished_at
    from ops.sync_run as r
    where r.subject_kind = 'agreement'
        and r.subject_id = a.id
        and r.entity = 'prove'
        and r.status <> 'running'
    order by r.started_at desc
    limit 1
) as prove on true
left join alerts on alerts.id = a.id
left join running on running.id = a.id;
