-- grain: one agreement
-- reads: ops.sync_run
-- writes: nothing
-- sign and currency: no amounts
select case when count(*) = cardinality(%(entities)s::text []) then min(s.started_at) end as synced_at
from (
    select max(r.started_at) as started_at
    from ops.sync_run as r
    where r.agreement_id = %(agreement_id)s
        and r.entity = any (%(entities)s)
        and r.status = 'success'
    group by r.entity
) as s
