-- grain: one row per agreement with records that cannot be stored
-- reads: ops.set_aside
-- writes: nothing
-- sign and currency: no amounts
select
    'agreement' as kind,
    s.agreement_id as subject,
    count(*) as records
from ops.set_aside as s
group by s.agreement_id;
