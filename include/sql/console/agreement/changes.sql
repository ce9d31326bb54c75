-- grain: one row per entity and local day on which it was read: rows that changed
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
select
    r.entity,
    (r.started_at at time zone %(zone)s)::date as day,
    sum(r.rows_inserted + r.rows_updated + r.rows_deleted)::bigint as changed
from unnest(%(entities)s::text[]) as u (entity)
inner join ops.sync_run as r
    on r.subject_kind = 'agreement'
    and r.subject_id = %(agreement_id)s
    and r.entity = u.entity
    and r.started_at >= %(since)s
group by r.entity, (r.started_at at time zone %(zone)s)::date;
