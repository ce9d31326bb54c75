-- grain: one row per entity of the agreement with records that are set aside: how many
-- reads: ops.set_aside
-- writes: nothing
-- sign and currency: no amounts
select
    s.entity,
    count(*) as records
from ops.set_aside as s
where s.agreement_id = %(agreement_id)s
group by s.entity
order by s.entity;
