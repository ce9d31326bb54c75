-- grain: one row per agreement asked for and local day on which a run of it ended, or is running: how the day's last one went
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
with asked as (
    select
        u.id,
        u.zone
    from unnest(%(ids)s::text[], %(zones)s::text[]) as u (id, zone)
),

ended as (
    select
        a.id,
        (r.started_at at time zone a.zone)::date as day,
        r.started_at as at,
        r.run_id,
        r.mode,
        r.status
    from asked as a
    cross join lateral (
        select
            s.started_at,
            s.run_id,
            s.mode,
            s.status
        from ops.sync_run as s
        where s.subject_kind = 'agreement'
            and s.subject_id = a.id
            and s.entity = 'report'
            and s.started_at >= %(since)s
            and s.status <> 'running'
    ) as r
),

last_ended as (
    select distinct on (e.id, e.day)
        e.id,
        e.day,
        e.at,
        e.run_id,
        e.status
    from ended as e
    where e.mode <> 'window'
    order by e.id, e.day, e.at desc
),

-- Failed, and by nothing but its proof: all that failed besides has succeeded in a later try of the same run.
differing as (
    select
        e.id,
        e.day
    from last_ended as e
    where e.status = 'failed'
        and exists (
            select 1
            from ops.sync_run as p
            where p.subject_kind = 'agreement'
                and p.subject_id = e.id
                and p.entity = 'prove'
                and p.started_at between e.at - interval '20 hours' and e.at
                and p.run_id = e.run_id
                and p.error_family = 'NotProven'
        )
        and not exists (
            select 1
            from ops.sync_run as f
            where f.subject_kind = 'agreement'
                and f.subject_id = e.id
                and f.status = 'failed'
                and f.started_at between e.at - interval '20 hours' and e.at
                and f.run_id = e.run_id
                -- Budgets come by a DAG of their own, whose run may have the very name of the night's.
                and f.entity not in ('prove', 'report', 'budgets')
                and not exists (
                    select 1
                    from ops.sync_run as l
                    where l.subject_kind = 'agreement'
                        and l.subject_id = e.id
                        and l.entity = f.entity
                        and l.started_at between f.started_at and e.at
                        and l.run_id = e.run_id
                        and l.status in ('success', 'skipped')
                )
        )
),

-- What has no end: it runs, or was killed and no later try has found its row; or it failed, and its run was stopped before the report.
without_end as (
    select
        a.id,
        a.zone,
        r.started_at
    from asked as a
    inner join ops.sync_run as r
        on r.subject_kind = 'agreement'
        and r.subject_id = a.id
        and r.status = 'running'
        and r.started_at >= %(since)s
    union all
    select
        a.id,
        a.zone,
        r.started_at
    from asked as a
    inner join ops.sync_run as r
        on r.subject_kind = 'agreement'
        and r.subject_id = a.id
        and r.status = 'failed'
        and r.started_at >= %(since)s
        and r.mode <> 'window'
        -- Those of other DAGs write no report.
        and r.dag_id = 'saldo__' || a.id
    where not exists (
        select 1
        from ops.sync_run as p
        where p.subject_kind = 'agreement'
            and p.subject_id = a.id
            and p.entity = 'report'
            -- No run lasts longer.
            and p.started_at between r.started_at and r.started_at + interval '20 hours'
            and p.run_id = r.run_id
    )
),

last_report as (
    select
        e.id,
        max(e.at) as at
    from ended as e
    group by e.id
),

endless as (
    select
        w.id,
        (w.started_at at time zone w.zone)::date as day,
        -- An agreement does one run at a time: whatever began before the report of a later one is over.
        bool_or(w.started_at >= %(longest_ago)s and (l.at is null or w.started_at > l.at)) as is_running
    from without_end as w
    left join last_report as l on l.id = w.id
    group by w.id, (w.started_at at time zone w.zone)::date
)

select
    coalesce(e.id, r.id) as id,
    coalesce(e.day, r.day) as day,
    case
        when r.is_running then 'running'
        when e.status is null then 'failed'
        when e.status = 'success' then 'good'
        when d.id is not null then 'differs'
        else 'failed'
    end as state
from last_ended as e
full join endless as r on r.id = e.id and r.day = e.day
left join differing as d on d.id = e.id and d.day = e.day;
