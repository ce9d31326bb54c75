-- grain: one row per run of the agreement without an end: with tasks that run or were killed, or failed and without its report
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
with found as (
    select r.*
    from ops.sync_run as r
    where r.status = 'running'
        and r.subject_kind = 'agreement'
        and r.subject_id = %(agreement_id)s
    union all
    select r.*
    from ops.sync_run as r
    where r.status = 'failed'
        and r.subject_kind = 'agreement'
        and r.subject_id = %(agreement_id)s
        and r.started_at >= %(since)s
        -- Those of other DAGs write no report.
        and r.dag_id = %(dag_id)s
        and not exists (
            select 1
            from ops.sync_run as p
            where p.subject_kind = 'agreement'
                and p.subject_id = %(agreement_id)s
                and p.entity = 'report'
                -- No run lasts longer; a task that was cleared begins again after the report.
                and p.started_at between r.started_at - interval '20 hours' and r.started_at + interval '20 hours'
                and p.run_id = r.run_id
        )
)

select
    r.dag_id,
    r.run_id,
    min(r.mode) as mode,
    min(r.started_at) as began_at,
    bool_or(r.status = 'running') as has_endless,
    bool_or(r.status = 'running' and r.started_at >= %(longest_ago)s) as is_running,
    string_agg(distinct r.entity, ', ') as entities
from found as r
where (%(first)s::timestamptz is null or r.started_at >= %(first)s)
    and (%(last)s::timestamptz is null or r.started_at < %(last)s)
group by r.dag_id, r.run_id
order by min(r.started_at) desc
limit 20;
