-- grain: one row: requests of the last 24 hours
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
select coalesce(sum(r.requests), 0)::bigint as requests
from unnest(%(entities)s::text[]) as u (entity)
inner join ops.sync_run as r
    on r.subject_kind = 'agreement'
    and r.subject_id = %(agreement_id)s
    and r.entity = u.entity
    and r.started_at > %(since)s;
