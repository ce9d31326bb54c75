-- grain: one row per (subject, task) whose last ended runs all failed
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
with subjects as (
    select
        subject_kind,
        subject_id,
        dag_id
    from unnest(%(kinds)s::text[], %(ids)s::text[], %(dag_ids)s::text[])
        as u (subject_kind, subject_id, dag_id)
),

candidates as (
    select distinct
        s.subject_kind as subject_kind,
        s.subject_id as subject_id,
        s.dag_id as dag_id,
        s.entity as entity
    from ops.sync_run as s
    inner join subjects as u
        on u.subject_kind = s.subject_kind
        and u.subject_id = s.subject_id
        and u.dag_id = s.dag_id
    where s.status in ('failed', 'running')
        and s.entity <> 'report'
),

-- A try is final when its run's report, or that of a later night, has ended; or when no run lasts so long.
since_success as (
    select
        c.subject_kind,
        c.subject_id,
        c.dag_id,
        c.entity,
        coalesce(success.sync_run_id, 0) as success_id
    from candidates as c
    left join lateral (
        select s.sync_run_id
        from ops.sync_run as s
        where s.subject_kind = c.subject_kind
            and s.subject_id = c.subject_id
            and s.entity = c.entity
            -- The owner of a refused file has a mail, and its place has answered.
            and (
                s.status = 'success'
                or (s.status = 'skipped' and s.error_family = 'NotLicensed')
                or (s.status = 'failed' and s.error_family = 'DataRejected' and s.subject_kind = 'file')
            )
            and (s.mode <> 'window' or s.entity = any(%(checks)s))
            and (
                s.started_at < %(longest_ago)s
                or exists (
                    select 1
                    from ops.sync_run as r
                    where r.subject_kind = s.subject_kind
                        and r.subject_id = s.subject_id
                        and r.entity = 'report'
                        and r.status <> 'running'
                        and r.sync_run_id > s.sync_run_id
                        and (r.mode <> 'window' or (r.dag_id = s.dag_id and r.run_id = s.run_id))
                )
            )
        order by s.started_at desc, s.sync_run_id desc
        limit 1
    ) as success on true
),

last_tries as (
    select distinct on (t.subject_kind, t.subject_id, t.entity, t.dag_id, t.run_id)
        t.subject_kind,
        t.subject_id,
        t.entity,
        t.dag_id,
        t.run_id,
        t.sync_run_id,
        t.try_number,
        t.started_at,
        t.status,
        t.error_family,
        t.error_message
    from since_success as c
    inner join ops.sync_run as t
        on t.subject_kind = c.subject_kind
        and t.subject_id = c.subject_id
        and t.entity = c.entity
        and t.sync_run_id > c.success_id
        and t.mode <> 'window'
        and t.dag_id = c.dag_id
    order by t.subject_kind, t.subject_id, t.entity, t.dag_id, t.run_id, t.sync_run_id desc
),

failed as (
    select
        t.subject_kind,
        t.subject_id,
        t.entity,
        t.dag_id,
        t.run_id,
        t.sync_run_id,
        t.try_number,
        t.started_at,
        case when t.status = 'running' then 'Killed' else coalesce(t.error_family, 'Untold') end as family,
        case when t.status = 'running' then 'the task was killed' else coalesce(t.error_message, '') end as reason
    from last_tries as t
    where t.status in ('failed', 'running')
        and (
            t.started_at < %(longest_ago)s
            or exists (
                select 1
                from ops.sync_run as r
                where r.subject_kind = t.subject_kind
                    and r.subject_id = t.subject_id
                    and r.entity = 'report'
                    and r.status <> 'running'
                    and r.mode <> 'window'
                    and r.sync_run_id > t.sync_run_id
            )
        )
),

final as (
    select distinct on (f.subject_kind, f.subject_id, f.entity)
        f.subject_kind,
        f.subject_id,
        f.entity,
        count(*) over task as failures,
        min(f.started_at) over task as since,
        f.sync_run_id,
        f.dag_id,
        f.run_id,
        f.try_number,
        f.family,
        f.reason
    from failed as f
    window task as (partition by f.subject_kind, f.subject_id, f.entity)
    order by f.subject_kind, f.subject_id, f.entity, f.sync_run_id desc
)

select
    subject_kind,
    subject_id,
    entity,
    failures,
    since,
    sync_run_id,
    dag_id,
    run_id,
    try_number,
    family,
    reason
from final;
