-- grain: one row per try of a task of one run
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
with reported as (
    -- The report of the run, or what of it has no end: both are few, and have an index of their own.
    select max(a.started_at) as at
    from (
        select r.started_at
        from ops.sync_run as r
        where r.subject_kind = 'agreement'
            and r.subject_id = %(agreement_id)s
            and r.entity = 'report'
            and r.run_id = %(run_id)s
        union all
        select r.started_at
        from ops.sync_run as r
        where r.subject_kind = 'agreement'
            and r.subject_id = %(agreement_id)s
            and r.status = 'running'
            and r.run_id = %(run_id)s
    ) as a
),

anchor as (
    select
        coalesce(
            (select reported.at from reported),
            -- A run that was stopped before its report, or of a DAG that writes none.
            (
                select max(a.started_at)
                from ops.sync_run as a
                where a.subject_kind = 'agreement'
                    and a.subject_id = %(agreement_id)s
                    and a.entity = any(%(entities)s::text[])
                    and a.run_id = %(run_id)s
            )
        ) as at
)

select
    r.sync_run_id,
    r.entity,
    r.dag_id,
    r.run_id,
    r.try_number,
    r.mode,
    r.status,
    r.started_at,
    r.finished_at,
    r.requests,
    r.retries,
    r.throttled,
    r.pages,
    r.bytes_in,
    r.rows_read,
    r.rows_inserted,
    r.rows_updated,
    r.rows_unchanged,
    r.rows_deleted,
    r.error_family,
    r.error_message,
    r.note
from anchor
cross join unnest(%(entities)s::text[]) as u (entity)
inner join ops.sync_run as r
    on r.subject_kind = 'agreement'
    and r.subject_id = %(agreement_id)s
    and r.entity = u.entity
    -- No run lasts longer than 20 hours; a task that was cleared begins again later.
    and r.started_at between anchor.at - interval '20 hours' and anchor.at + interval '20 hours'
    and r.run_id = %(run_id)s
order by r.started_at, r.sync_run_id
limit 500;
