-- grain: one row per ended run of the agreement's own DAG since a day: when it began, how long it took, what it asked and wrote
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
select
    r.run_id,
    min(r.started_at) as began_at,
    max(r.finished_at) as ended_at,
    sum(r.requests)::bigint as requests,
    sum(r.rows_inserted + r.rows_updated + r.rows_deleted)::bigint as changed
from unnest(%(entities)s::text[]) as u (entity)
inner join ops.sync_run as r
    on r.subject_kind = 'agreement'
    and r.subject_id = %(agreement_id)s
    and r.entity = u.entity
    and r.started_at >= %(since)s
-- Runs of two DAGs may have the same name: one that brings budgets, and the agreement's own, which ends with a report.
group by r.dag_id, r.run_id
having bool_or(r.entity = 'report')
order by min(r.started_at);
