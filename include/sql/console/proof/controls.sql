-- grain: one control of one proof
-- reads: ops.proof
-- writes: nothing
-- sign and currency: none
select
    p.control,
    count(*) as comparisons,
    count(*) filter (where not p.ok) as differing
from ops.proof as p
where p.agreement_id = %(agreement_id)s
    and p.checked_at = %(checked_at)s
group by p.control
order by
    count(*) filter (where not p.ok) desc,
    p.control;
