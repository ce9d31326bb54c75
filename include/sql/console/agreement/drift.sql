-- grain: one row per field or word of the agreement that its entity's declaration does not know, the newest first
-- reads: ops.drift
-- writes: nothing
-- sign and currency: no amounts
select
    d.entity,
    d.field,
    strpos(d.field, '=') > 0 as is_word,
    d.first_seen_at,
    d.records,
    d.reported_at,
    d.told_at
from ops.drift as d
where d.subject_kind = 'agreement'
    and d.subject_id = %(agreement_id)s
order by d.first_seen_at desc, d.entity, d.field
limit %(most)s;
