-- grain: one row per record of the agreement that is set aside, in order of entity and key, after one
-- reads: ops.set_aside
-- writes: nothing
-- sign and currency: no amounts
select
    s.entity,
    s.source_key,
    s.field,
    s.value,
    s.reason,
    s.first_seen_at
from ops.set_aside as s
where s.agreement_id = %(agreement_id)s
    and (s.entity, s.source_key) > (%(after_entity)s::text, %(after_key)s::text)
order by s.entity, s.source_key
limit %(most)s;
