-- grain: one row per subject and task that is at work, or was when it was killed
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
with running as (
    select
        r.*,
        -- A process of the same number that began later is another one.
        r.backend_pid is not null and not exists (
            select 1
            from pg_stat_activity as a
            where a.pid = r.backend_pid
                and coalesce(a.backend_start, r.started_at) <= r.started_at
        ) as is_dead
    from ops.sync_run as r
    where r.status = 'running'
        and r.started_at > clock_timestamp() - interval '2 days'
        and r.entity not in ('report', 'document_pdf')
        and (%(subject_kind)s::text is null or r.subject_kind = %(subject_kind)s)
        and (%(subject_id)s::text is null or r.subject_id = %(subject_id)s)
        and (%(run_id)s::text is null or r.run_id = %(run_id)s)
)

select
    r.subject_kind,
    r.subject_id,
    r.entity,
    r.dag_id,
    r.run_id,
    r.try_number,
    r.done,
    r.total,
    r.is_estimate,
    coalesce(r.unit, 'records') as unit,
    r.step,
    r.rate_per_s::double precision as rate_per_s,
    r.started_at,
    coalesce(r.moved_at, r.started_at) as updated_at,
    extract(epoch from clock_timestamp() - coalesce(r.moved_at, r.started_at))::double precision as age_s,
    r.is_dead
from running as r
-- What was killed and has been tried again since is no news.
where not exists (
    select 1
    from ops.sync_run as later
    where later.subject_kind = r.subject_kind
        and later.subject_id = r.subject_id
        and later.entity = r.entity
        and later.started_at >= r.started_at
        and later.sync_run_id > r.sync_run_id
        and (r.is_dead or (later.dag_id = r.dag_id and later.run_id = r.run_id))
)
order by
    r.subject_kind,
    r.subject_id,
    r.sync_run_id
