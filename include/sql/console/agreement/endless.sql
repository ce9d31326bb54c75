-- grain: one row per run of the agreement with tasks that have no end: they run, or were killed
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
select
    r.dag_id,
    r.run_id,
    min(r.mode) as mode,
    min(r.started_at) as began_at,
    max(r.started_at) >= %(longest_ago)s as is_running,
    string_agg(distinct r.entity, ', ') as entities
from ops.sync_run as r
where r.status = 'running'
    and r.subject_kind = 'agreement'
    and r.subject_id = %(agreement_id)s
    and (%(first)s::timestamptz is null or r.started_at >= %(first)s)
    and (%(last)s::timestamptz is null or r.started_at < %(last)s)
group by r.dag_id, r.run_id
order by min(r.started_at) desc
limit 20;
